/** What interceptors decide of a request, an answer or an event. */

/** Of a request or an answer. */
export type Verdict =
  /** `delayed` after a wait. */
  | { readonly kind: 'continue'; readonly delayed?: true }
  | {
      readonly kind: 'modify';
      readonly setHeaders: Readonly<Record<string, string>>;
      readonly removeHeaders: readonly string[];
      /** Stands for the whole body. */
      readonly body?: Buffer;
    }
  /** Nobody else is asked: this is the answer. `headers` are raw name, value pairs, without those that frame it. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: readonly string[];
      readonly body: Buffer;
    };

/** Of one event: it goes on as it came, with other data, or not at all. */
export type EventVerdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'modify'; readonly data: string }
  | { readonly kind: 'block' };

export const CONTINUE: { readonly kind: 'continue' } = { kind: 'continue' };
