import { OWN_LINK } from '../hostile-messages.ts'
import { lengthFaults } from './http-contract.ts'

type Json = Record<string, unknown>

/** Characters that a text of each kind of block may have (https://docs.slack.dev/reference/block-kit/blocks). */
const LIMITS: Record<string, number> = { header: 150, section: 3_000, context: 3_000 }

/** What is wrong with the content of a message for Slack, by its documents, and what Slack would act on. */
export function slackFaults(body: string): string[] {
  const { text, mrkdwn, blocks, attachments } = JSON.parse(body)
  const all = [blocks, ...attachments.map((one: Json) => one.blocks)] as Json[][]
  return [
    ...lengthFaults([['text', text, 3_000]]),
    ...(mrkdwn === false ? [] : ['text has markup']),
    ...controls(text),
    ...all.flatMap((list) => (list.length > 50 ? [`${list.length} blocks`] : list.flatMap(blockFaults))),
  ]
}

function blockFaults({ type, text, fields, elements, ...rest }: Json): string[] {
  if (Object.keys(rest).length > 0) return [`${type} has ${Object.keys(rest)}`]
  if (type === 'rich_text') return linkFaults(elements as Json[])
  const limit = LIMITS[String(type)]
  if (limit === undefined) return [`the block ${type}`]
  const inFields = (fields ?? []) as Json[]
  const texts = [text, ...((elements ?? []) as Json[])].filter((one) => one !== undefined) as Json[]
  return [
    ...(inFields.length > 10 ? [`${inFields.length} fields`] : []),
    ...(texts.length + inFields.length === 0 ? [`${type} is empty`] : []),
    ...texts.flatMap((one) => textFaults(String(type), one, limit)),
    ...inFields.flatMap((one) => textFaults('field', one, 2_000)),
  ]
}

function textFaults(name: string, { type, text, emoji, ...rest }: Json, limit: number): string[] {
  const isPlain = type === 'plain_text' && emoji === false && Object.keys(rest).length === 0
  return [
    ...(isPlain ? [] : [`${name} is not plain text`]),
    ...lengthFaults([[name, String(text), limit]]),
    ...controls(String(text)),
  ]
}

const controls = (text: string): string[] =>
  /[<>]|&(?!amp;|lt;|gt;)/.test(text) ? [`a control character of Slack in ${text.slice(0, 50)}`] : []

function linkFaults(sections: Json[]): string[] {
  const elements = sections.flatMap((one) => one.elements as Json[])
  return elements.flatMap(({ type, url, text, ...rest }) => [
    ...(type === 'text' || (type === 'link' && url === OWN_LINK) ? [] : [`${type} to ${url}`]),
    ...(Object.keys(rest).length > 0 ? ['a style'] : []),
    ...lengthFaults([['link', String(text), 3_000]]),
  ])
}
