/** How an event's traits stand in a row. A key `type:id` is split into the two columns of an aggregate. */

export function splitKey(key: string | null): { aggregateType: string | null; aggregateId: string | null } {
  if (key === null) return { aggregateType: null, aggregateId: null };
  const colon = key.indexOf(':');
  if (colon <= 0) return { aggregateType: '', aggregateId: key };
  return { aggregateType: key.slice(0, colon), aggregateId: key.slice(colon + 1) };
}

export function joinKey(aggregateType: string | null, aggregateId: string | null): string | null {
  if (aggregateId === null) return null;
  return aggregateType === '' || aggregateType === null ? aggregateId : `${aggregateType}:${aggregateId}`;
}

export function encodeMetadata(eventClass: number, flow: string): string {
  return `{"class":${eventClass},"flow":${JSON.stringify(flow)}}`;
}

export function decodeMetadata(text: string): { class: number; flow: string } {
  return JSON.parse(text) as { class: number; flow: string };
}
