/** Packages without types of their own, as far as they are used here. */
declare module 'markdown-it' {
  interface Token {
    readonly type: string;
    readonly tag: string;
    readonly content: string;
    readonly children: readonly Token[] | null;
  }
  export default class MarkdownIt {
    constructor(options: { html: boolean });
    parse(text: string, environment: object): Token[];
    render(text: string): string;
  }
}
