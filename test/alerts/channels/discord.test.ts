import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeDiscordChannel } from '../../../src/alerts/channels/discord.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { keepInMemory } from '../keep-in-memory.ts'
import { type Receiver, startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { failureOf } from './contract.ts'
import { httpChannelContract, lengthFaults } from './http-contract.ts'
import { markdownFaults, plainFaults } from './markdown-faults.ts'

const open = (url: string, memory = keepInMemory()) => makeDiscordChannel({ name: 'ops', url, memory })

/** What is wrong by https://discord.com/developers/docs/resources/message#embed-object-embed-limits. */
function embedFaults(body: string): string[] {
  const { embeds, allowed_mentions, ...rest } = JSON.parse(body)
  const [{ title, description, color, fields, footer, ...unknown }] = embeds
  const texts: [string, string, number][] = [
    ['title', title, 256],
    ['description', description, 4_096],
    ['footer', footer.text, 2_048],
    ...fields.flatMap((field: { name: string; value: string }): [string, string, number][] => [
      ['name', field.name, 256],
      ['value', field.value, 1_024],
    ]),
  ]
  const total = texts.reduce((sum, [, text]) => sum + text.length, 0)
  return [
    ...[...Object.keys(rest), ...Object.keys(unknown)],
    ...(JSON.stringify(allowed_mentions) === '{"parse":[]}' ? [] : ['mentions are allowed']),
    ...(Number.isInteger(color) && color <= 0xffffff ? [] : ['no colour']),
    ...(fields.length > 25 ? [`${fields.length} fields`] : []),
    ...(total > 6_000 ? [`${total} characters`] : []),
    ...lengthFaults(texts),
    ...texts.flatMap(([name, text]) => (name === 'description' ? markdownFaults : plainFaults)(name, text)),
  ]
}

describe('a Discord channel', () => {
  httpChannelContract({
    open,
    body: () => '{"id":"123"}',
    faults: ({ body, path }) => [...embedFaults(body), ...(path?.endsWith('?wait=true') ? [] : ['no wait'])],
  })
})

describe('the message of a subject', () => {
  let discord: Receiver
  let gone: boolean
  beforeEach(async () => {
    gone = false
    let id = 0
    discord = await startReceiver((response, { method }) => {
      if (gone && method === 'PATCH') return response.writeHead(404).end('{"code":10008}')
      id += 1
      return response.end(JSON.stringify({ id: `${id}` }))
    })
  })
  afterEach(() => discord.close())

  const message = (id: string, severity: Message['severity'], text: string = severity): Message => ({
    ...sampleMessage,
    ...{ id, severity, text },
  })
  const calls = () =>
    discord.received.map(({ method, path }) => `${method} ${path?.replace('/services/s3cret', '')}`)

  it('is a new one if the state gets worse, and edited if it gets better; also after a restart', async () => {
    const memory = keepInMemory()
    for (const [id, severity] of [
      ['m1', 'warning'],
      ['m2', 'critical'],
      ['m3', 'warning'],
      ['m4', 'resolved'],
      ['m5', 'warning'],
    ] as const)
      await open(discord.url, memory).send(message(id, severity))
    expect(calls()).toEqual([
      'POST ?wait=true',
      'POST ?wait=true',
      'PATCH /messages/2?wait=true',
      'PATCH /messages/2?wait=true',
      'POST ?wait=true',
    ])
    expect(JSON.parse(discord.received[2]?.body ?? '').embeds[0].description).toBe(
      `warning\nBefore, at ${sampleMessage.at}: critical`,
    )
    expect(discord.received.flatMap(({ body }) => embedFaults(body))).toEqual([])
  })

  it('is not sent again if its job runs twice', async () => {
    const memory = keepInMemory()
    for (let run = 0; run < 2; run++) await open(discord.url, memory).send(message('m1', 'resolved'))
    expect(calls()).toHaveLength(1)
  })

  it('is posted anew if it was deleted', async () => {
    const memory = keepInMemory()
    await open(discord.url, memory).send(message('m1', 'critical'))
    gone = true
    await open(discord.url, memory).send(message('m2', 'warning'))
    expect(calls()).toEqual(['POST ?wait=true', 'PATCH /messages/1?wait=true', 'POST ?wait=true'])
  })

  it('goes to the thread that the URL names', async () => {
    await open(`${discord.url}?thread_id=7`).send(message('m1', 'warning'))
    expect(calls()).toEqual(['POST ?thread_id=7&wait=true'])
  })

  it('has no secret in its error if the answer is not of Discord', async () => {
    const { url, close } = await startReceiver((response) => response.end('{"id":"../s3cret"}'))
    expect(await failureOf(open(url))).toMatchObject({ retry: true })
    close()
  })
})
