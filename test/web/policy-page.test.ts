/** The notice as people read it, in a browser without script. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishPolicy } from '../../src/consent/index.ts';
import { composeNotice, listWhatIsCollected } from '../../src/consent/notice.ts';
import { noticeToHtml } from '../../src/web/notice-html.ts';
import { PALETTES, POLICY_STYLE } from '../../src/web/policy-style.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const textOf = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ');

describe('the policy page', () => {
  let server: TestServer;
  const page = async (path = '') => {
    const response = await fetch(server.url.replace('/graphql', `/policy${path}`));
    return { status: response.status, headers: response.headers, html: await response.text() };
  };
  const publish = (version: string, text: string, more: { material?: boolean; at?: string } = {}) =>
    publishPolicy(server.services.orm.em.fork(), {
      version,
      text,
      materialChange: more.material ?? false,
      effectiveAt: more.at ? new Date(more.at) : null,
    });
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it('shows the current notice whole, with the list and the fingerprint, and runs nothing', async () => {
    const { status, headers, html } = await page();
    const { data } = await server.ask(null, '{ currentPolicy { version text sha256 } }');
    const { version, text, sha256 } = data.currentPolicy;
    const shown = textOf(html);
    for (const line of text.split('\n').map((each: string) => each.replace(/^(#+|-) /, '').replaceAll('`', ''))) {
      expect(shown.replace(/ ([.:])/g, '$1')).toContain(line.trim());
    }
    expect(shown).toContain(`Policy ${version}`);
    expect(shown).toContain('In effect since January 1, 2026');
    expect(html).toContain(sha256);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/);
    expect([status, headers.get('content-security-policy')]).toEqual([
      200,
      expect.stringContaining("default-src 'none'"),
    ]);
  });

  it('keeps every version readable as it was, and says in plain words what changed', async () => {
    const first = await page();
    await publish('2026-2', composeNotice('Only <b>better</b> words.', server.schema));
    await publish('2026/3 & more', composeNotice('Other purposes.', server.schema), { material: true });
    const current = await page();
    expect(textOf(current.html)).toContain('Other purposes.');
    const href = /href="(\/policy\/2026%2F3[^"]*)"/.exec(current.html)![1]!;
    expect((await page(href.replace('/policy', ''))).html).toBe(current.html);
    const second = await page('/2026-2');
    expect(second.html).toContain('Only &#60;b&#62;better&#60;/b&#62; words.');
    expect(textOf(second.html)).toContain('This version is no longer the one that applies. Read the one that does.');
    const article = /<article.*<\/article>/s;
    expect(article.exec((await page('/2026-1')).html)![0]).toBe(article.exec(first.html)![0]);
    expect(textOf(current.html)).toMatch(
      /2026\/3 & more .* It changed what you would say yes to: .*2026-2 .* Only the wording: .*2026-1 .* The first version\./,
    );
    const unknown = await page('/1999-1');
    expect([unknown.status, textOf(unknown.html)]).toEqual([404, expect.stringContaining('no such version')]);
    expect((await page('/%E0%A4%A')).status).toBe(404);
  });

  it('announces what is to come, and what it will end, but not as if it applied', async () => {
    const words = composeNotice('The words of today.', server.schema);
    await publish('2098-1', composeNotice('Overtaken.', server.schema), { at: '2098-06-01T00:00:00Z' });
    await publish('2098-2', composeNotice('To come.', server.schema), { material: true, at: '2098-03-01T00:00:00Z' });
    const current = textOf((await page()).html);
    expect(current).toContain('From March 1, 2098 at 00:00 UTC version 2098-2 applies instead of 2026/3 & more.');
    expect(current).toContain('what you have granted ends on that day, and we ask you again');
    expect(current).not.toContain('version 2098-1 applies');
    expect(current).not.toContain('To come.');
    const next = textOf((await page('/2098-2')).html);
    expect(next).toContain('It takes effect on March 1, 2098');
    expect(next).toContain('This version does not apply yet.');
    // A publication in between is the current one, and overtakes what was announced before it for later.
    await publish('2027-1', words);
    expect(textOf((await page()).html)).not.toContain('applies instead of');
  });

  it('says so, and shows the list, when the software collects what was not published', async () => {
    await publish('2027-2', 'Words without a list.');
    const { html } = await page();
    expect(textOf(html)).toContain('The text above was published without it');
    expect(html).toContain(noticeToHtml(listWhatIsCollected(server.schema)));
    const { html: before } = await page('/2027-1');
    expect(textOf(before)).not.toContain('published without it');
  });

  it('can be read in the light, in the dark, on a phone and on paper', () => {
    const luminance = (color: string) => {
      const [r, g, b] = [1, 3, 5]
        .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a: string, b: string) => {
      const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
      return (high + 0.05) / (low + 0.05);
    };
    for (const { paper, note, ink, quiet, link } of Object.values(PALETTES)) {
      for (const color of [ink, quiet, link]) {
        for (const ground of [paper, note]) expect(contrast(color, ground)).toBeGreaterThanOrEqual(7);
      }
    }
    for (const query of ['prefers-color-scheme:dark', 'max-width:40rem', 'print']) {
      expect(POLICY_STYLE).toContain(query);
    }
  });
});
