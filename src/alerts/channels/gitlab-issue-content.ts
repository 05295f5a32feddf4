import type { Message } from '../message.ts'
import { cut } from './plain.ts'
import { html, type Shown, shownOf } from './shown.ts'

/** Signs with which GitLab refers to something, or shows it as something else. `shownOf` has dealt with `@`. */
const SIGNS = /[#!~%$&^:*[\]`]/g

/** A description of more bytes leaves out the facts and lists. GitLab takes 1 MiB, and answers with it each time. */
const DESCRIPTION_BYTES = 40_000

/**
 * The title and the description of an issue. Names stand in `<code>`, where GitLab Flavored Markdown looks for no references
 * and no links. Each line of the description begins with a tag, so none is a quick action. In the title, an invisible
 * character keeps each sign from what follows.
 */
export function issueOf(message: Message, mark: string): { title: string; description: string } {
  const shown = shownOf(message)
  const whole = descriptionOf(shown, mark)
  return {
    title: cut(shown.title.replaceAll(SIGNS, '$&\u200b'), 255),
    description:
      Buffer.byteLength(whole) <= DESCRIPTION_BYTES
        ? whole
        : descriptionOf({ ...shown, facts: [], lists: [] }, mark),
  }
}

function descriptionOf({ title, text, facts, lists, links, end }: Shown, mark: string): string {
  return [
    `<!-- ${mark} -->`,
    `<p>${code(title)}</p>`,
    `<p>${code(text)}</p>`,
    '<table>',
    ...facts.map(([label, value]) => `<tr><td>${code(label)}</td><td>${code(value)}</td></tr>`),
    '</table>',
    ...lists.flatMap(({ title, items, more }) => [
      `<p>${code(title)}</p>`,
      '<ul>',
      ...items.map((item) => `<li>${code(item)}</li>`),
      ...(more > 0 ? [`<li>and ${more} more</li>`] : []),
      '</ul>',
    ]),
    ...links.map(({ text, url }) => `<p><a href="${html(url)}">${code(text)}</a></p>`),
    `<p>${code(end)}</p>`,
    '<p>Tallyman edits this description. Write comments.</p>',
  ].join('\n')
}

const code = (text: string): string => `<code>${html(text)}</code>`
