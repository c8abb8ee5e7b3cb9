import { describe, expect, it } from 'vitest';
import { html, isEmpty, label, trusted } from '../../../src/report/html/markup.ts';

describe('html', () => {
  it('escapes what is not markup, in content and in attributes', () => {
    const name = `"><script>alert('x')</script>&`;
    expect(html`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</p>',
    );
  });

  it('nests markup and lists, and leaves out what is nothing', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${null}${false}${0}</ul>`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
  });

  it('takes control and direction characters out of texts, and leaves right-to-left letters in', () => {
    expect(html`${'a\u0000b\u202ec\u2028d\u001b[31m שלום'}`.text).toBe('abc d[31m שלום');
  });

  it('keeps what is trusted as it is', () => {
    expect(html`${trusted('<svg></svg>')}`.text).toBe('<svg></svg>');
  });

  it.each([
    [html`<!---->`, false],
    [html` `, true],
    ['', true],
    [null, true],
    [['', null, [html``]], true],
    [['', 'x'], false],
  ])('knows whether anything would be seen of it: %#', (content, expected) => {
    expect(isEmpty(content)).toBe(expected);
  });
});

describe('label', () => {
  it('cuts a name of 10 kB and leaves a plain one alone', () => {
    expect(label('sse fast')).toBe('sse fast');
    const cut = label('😀'.repeat(5000));
    expect([...cut]).toHaveLength(120);
    expect(cut.endsWith('😀…')).toBe(true);
  });
});
