import { OWN_LINK } from '../hostile-messages.ts'

/** What a chat with Markdown, links and mentions would act on in a text, beside links to `OWN_LINK`. */
export function markdownFaults(name: string, text: string): string[] {
  // A backslash before punctuation: the character stands for itself (CommonMark 0.31, 2.4).
  const unescaped = text.replaceAll(`](<${OWN_LINK}>)`, ']').replaceAll(/\\[!-/:-@[-`{-~]/g, '.')
  const asSeen = text.replaceAll(`](<${OWN_LINK}>)`, ']').replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
  return [
    ...[...unescaped.matchAll(/`|~~|__|\]\(|!\[|<[@!#a-z/]|\|\||(^|\s)#/g)].map(
      ([found]) => `${name}: ${found}`,
    ),
    // A chat may look for these after it has read the Markdown.
    ...[...asSeen.matchAll(/@[a-z0-9]+|:\/\/|www\.|mailto:/g)].map(([found]) => `${name}: ${found}`),
  ]
}

/** The same for a text that has no markup of Tallyman's own. */
export const plainFaults = (name: string, text: string): string[] => [
  ...markdownFaults(name, text),
  ...[...text.replaceAll(/\\[!-/:-@[-`{-~]/g, '.').matchAll(/[*_~[\]<>|]/g)].map(
    ([found]) => `${name}: ${found}`,
  ),
]
