import type { Message } from '../message.ts'
import { defuse, escapeMarkup, line } from './plain.ts'

/** How much of a message is shown: UTF-16 units of a text, and the number of facts, lists and items. */
const MOST = { label: 60, heading: 150, text: 1_000, value: 200, facts: 20, lists: 5, items: 10 }

/** A message as texts of one line each, cut to what people read. Programs make links of what looks like one, so only ours do. */
export interface Shown {
  title: string
  text: string
  /** Labels and values, the sparkline among them. */
  facts: readonly (readonly [label: string, value: string])[]
  /** `more`: how many items are not shown. */
  lists: readonly { title: string; items: readonly string[]; more: number }[]
  links: readonly { text: string; url: string }[]
  /** What kind of message it is, and when it happened. */
  end: string
}

const one = (raw: string, limit: number): string => defuse(line(raw, limit))

export function shownOf({ title, text, facts, lists, sparkline, links, at, type }: Message): Shown {
  return {
    title: one(title, MOST.heading),
    // Further lines of the text are what the lists have.
    text: one(text.trim().split('\n', 1)[0] ?? '', MOST.text),
    facts: [
      ...facts
        .slice(0, MOST.facts)
        .map(({ label, value }) => [one(label, MOST.label), one(value, MOST.value)] as const),
      ...(sparkline ? [[one(sparkline.title, MOST.label), line(sparkline.text, MOST.label)] as const] : []),
    ],
    lists: lists.slice(0, MOST.lists).map(({ title, items }) => ({
      title: one(title, MOST.heading),
      items: items.slice(0, MOST.items).map((item) => one(item, MOST.value)),
      more: Math.max(0, items.length - MOST.items),
    })),
    links: links.map(({ text, url }) => ({ text: one(text, MOST.label), url })),
    end: `${line(type, MOST.label)}, ${line(at, MOST.label)}`,
  }
}

const itemsOf = ({ items, more }: Shown['lists'][number]): readonly string[] =>
  more > 0 ? [...items, `and ${more} more`] : items

/** As paragraphs of plain text. */
export function plainText({ title, text, facts, lists, links, end }: Shown): string {
  const paragraphs = [
    [title],
    [text],
    facts.map(([label, value]) => `${label}: ${value}`),
    ...lists.map((list) => [`${list.title}:`, ...itemsOf(list).map((item) => `- ${item}`)]),
    links.map(({ text, url }) => `${text}: ${url}`),
    [end],
  ]
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** As HTML, without its frame. */
export function htmlText({ title, text, facts, lists, links, end }: Shown): string {
  return [
    `<h3>${html(title)}</h3><p>${html(text)}</p>`,
    facts.length > 0 && '<table>',
    ...facts.map(([label, value]) => `<tr><td>${html(label)}</td><td><b>${html(value)}</b></td></tr>`),
    facts.length > 0 && '</table>',
    ...lists.flatMap((list) => [
      `<p><b>${html(list.title)}</b></p><ul>`,
      ...itemsOf(list).map((item) => `<li>${html(item)}</li>`),
      '</ul>',
    ]),
    ...links.map(({ text, url }) => `<p><a href="${html(url)}">${html(text)}</a></p>`),
    `<p>${html(end)}</p>`,
  ]
    .filter((part) => part !== false)
    .join('\n')
}

/** Escapes a text for HTML, also within an attribute. */
export const html = (text: string): string => text.replaceAll(/./gsu, escapeMarkup).replaceAll('"', '&quot;')
