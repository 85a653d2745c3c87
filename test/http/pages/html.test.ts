import t from 'tap'
import { breakable, html, linkTarget, rawMarkup } from '../../../src/http/pages/html.js'

t.test('escapes whatever is no markup', async (t) => {
  const hostile = `<script>"'&`
  t.equal(
    html`<p title="${hostile}">${hostile}</p>`.toString(),
    '<p title="&lt;script&gt;&quot;&#39;&amp;">&lt;script&gt;&quot;&#39;&amp;</p>',
  )
})

t.test('control characters do not reach the page', async (t) => {
  t.equal(html`${'a\0b\x08c\x7fd\te\nf'}`.toString(), 'a\ufffdb\ufffdc\ufffdd\te\nf')
})

t.test('keeps nested templates and lists, and leaves out what is not there', async (t) => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`)
  t.equal(html`<p>${items}</p>`.toString(), '<p><li>a</li><li>&lt;b&gt;</li></p>')
  t.equal(html`${undefined}${null}${false}${''}${0}${[[1], ['<']]}`.toString(), '01&lt;')
  t.equal(html`${rawMarkup('<wbr>')}`.toString(), '<wbr>')
  t.equal(html``.toString(), '')
})

t.test('does not take a look-alike for markup', async (t) => {
  const forged: unknown = JSON.parse('{"markup":"<script>","length":1}')
  // What is no template is not typed as one; at run time it still must not become markup.
  t.throws(() => Reflect.apply(html, undefined, [['', ''], forged]))
})

t.test('link targets are paths of this host or http(s)', async (t) => {
  const kept = ['', '/', '/a?b#c', 'https://idp.example.com/x', 'HTTP://x', '/ä', '/x/..//y']
  for (const target of kept) t.equal(linkTarget(target), target)
  const refused = [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\\evil',
    'evil',
    'https:evil',
    '/a b',
  ]
  for (const target of refused) t.equal(linkTarget(target), '#', JSON.stringify(target))
})

t.test('long names break at their joints, escaped', async (t) => {
  t.equal(html`${breakable('a@b.c')}`.toString(), 'a@<wbr />b.<wbr />c')
  t.equal(html`${breakable('<@>')}`.toString(), '&lt;@<wbr />&gt;')
})
