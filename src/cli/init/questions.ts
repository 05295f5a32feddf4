import { parseSize } from '../../platform/units.ts'
import type { Answers } from './answers.ts'
import { CHAT_TYPES, chatTypeOf } from './chat-type.ts'
import { readUrl } from './read-url.ts'

/** A question of `init`, which an option can answer, too. */
export interface Question<T> {
  /** As a person is asked. */
  text: string
  default: string
  /** @throws RangeError that says what was expected */
  read(answer: string): T
}

type Key = 'registry' | 'segments' | 'chat' | 'quota' | 'address'

/** The five questions, in the order in which they are asked. */
export const QUESTIONS: { [K in Key]: Question<Answers[K]> } = {
  registry: {
    text: 'Which registry? The URL of its API, without /v2',
    default: 'http://127.0.0.1:5000',
    read(answer) {
      const url = withoutSlash(readUrl(answer))
      if (url.endsWith('/v2')) throw new RangeError('expected the URL without /v2')
      return url
    },
  },
  segments: {
    text: 'How many segments of a repository name its project? With 2, team-a/app/api belongs to team-a/app',
    default: '2',
    read(answer) {
      if (/^([1-9]|1[0-6])$/.test(answer)) return Number(answer)
      throw new RangeError('expected a number from 1 to 16')
    },
  },
  chat: {
    text: `Where do alerts go? The URL of a webhook (${CHAT_TYPES.join(', ')}), or none`,
    default: 'none',
    read: readChat,
  },
  quota: {
    text: 'How much may each project hold before people are told? A size, or none',
    default: '50GiB',
    read(answer) {
      if (isNone(answer)) return undefined
      if (parseSize(answer) > 0) return answer
      throw new RangeError('expected a size above 0, or none')
    },
  },
  address: {
    text: 'At which address do registries and people reach Tallyman?',
    default: 'http://127.0.0.1:8080',
    read: (answer) => withoutSlash(readUrl(answer)),
  },
}

const isNone = (answer: string): boolean => /^(none|no)$/i.test(answer)

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

/** The URL of a webhook. Where it does not tell which chat it is, that stands before it: `slack=https://…`. */
function readChat(answer: string): Answers['chat'] {
  if (isNone(answer)) return undefined
  const [, named, url = answer] = /^([a-z-]+)=(.*)$/s.exec(answer) ?? []
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new RangeError('expected the http or https URL of a webhook, or none')
  const type = named === undefined ? chatTypeOf(url) : CHAT_TYPES.find((known) => known === named)
  if (type !== undefined) return { url, type }
  throw new RangeError(
    `expected the chat before the URL, as in slack=https://…: one of ${CHAT_TYPES.join(', ')}`,
  )
}
