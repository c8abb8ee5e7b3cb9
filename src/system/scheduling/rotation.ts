/** Flows that take turns, linked through themselves: each joins at the end and leaves from anywhere in O(1). */

export abstract class Turn<F extends Turn<F>> {
  /** Bytes it may still send; what it sends is taken off. */
  deficitBytes = 0;
  before: F | undefined = undefined;
  after: F | undefined = undefined;
}

export class Rotation<F extends Turn<F>> {
  head: F | undefined = undefined;
  private tail: F | undefined = undefined;
  length = 0;

  push(flow: F): void {
    flow.before = this.tail;
    flow.after = undefined;
    if (this.tail === undefined) this.head = flow;
    else this.tail.after = flow;
    this.tail = flow;
    this.length++;
  }

  remove(flow: F): void {
    const { before, after } = flow;
    if (before === undefined) this.head = after;
    else before.after = after;
    if (after === undefined) this.tail = before;
    else after.before = before;
    flow.before = undefined;
    flow.after = undefined;
    this.length--;
  }

  /** The head has had its turn. */
  rotate(): void {
    const { head } = this;
    if (head === undefined) return;
    this.remove(head);
    this.push(head);
  }

  /** Gives everybody as much at once as so many rounds would, one by one. */
  credit(bytes: number): void {
    for (let flow = this.head; flow !== undefined; flow = flow.after) flow.deficitBytes += bytes;
  }
}
