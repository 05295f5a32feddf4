import type { Message } from '../message.ts'

/** How much of a message people read in a chat. Each chat takes more than this. */
const MOST = { facts: 10, lists: 3, items: 10, links: 5 }

/** Characters of the texts in a chat, once they are escaped. Together they are fewer than 12,000. */
export const LENGTH = { title: 150, text: 2_000, label: 75, value: 300, item: 150 }

/** A message with as much as people read in a chat. Lists say how much more they have. */
export function abridge(message: Message): Message {
  const { facts, lists, links } = message
  return {
    ...message,
    facts: facts.slice(0, MOST.facts),
    lists: lists.slice(0, MOST.lists).map(({ title, items }) => ({ title, items: firstOf(items) })),
    links: links.slice(0, MOST.links),
  }
}

function firstOf(items: readonly string[]): readonly string[] {
  const more = items.length - MOST.items
  return more > 0 ? [...items.slice(0, MOST.items), `and ${more} more`] : items
}

/** What a message is and when it happened, for its last line. */
export const footerOf = ({ type, at }: Message): string => `${type} at ${at}`
