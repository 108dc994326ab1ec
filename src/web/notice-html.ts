/**
 * A published text as HTML: paragraphs, headings, lists and `code`, of the Markdown that it is written in. Everything
 * is escaped; the text of a policy cannot bring markup of its own.
 */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const inline = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

export function noticeToHtml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(blockToHtml)
    .join('\n');
}

function blockToHtml(block: string): string {
  const heading = /^(#{1,4}) (.+)$/.exec(block);
  if (heading) {
    // The page itself has the one h1.
    const level = Math.max(heading[1]!.length, 2);
    return `<h${level}>${inline(heading[2]!)}</h${level}>`;
  }
  const lines = block.split('\n');
  if (lines.every((line) => line.startsWith('- '))) {
    return `<ul>\n${lines.map((line) => `<li>${labelled(line.slice(2))}</li>`).join('\n')}\n</ul>`;
  }
  return `<p>${lines.map(inline).join('<br>')}</p>`;
}

/** `For whom: …` with its label in bold. */
const labelled = (item: string): string => inline(item).replace(/^([A-Z][a-z ]{2,12}):(?= )/, '<strong>$1:</strong>');
