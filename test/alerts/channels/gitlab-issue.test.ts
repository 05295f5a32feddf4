import { afterEach, describe, expect, it } from 'vitest'
import { type LabIssue, startGitlabIssues } from '../../../lab/gitlab-issues.ts'
import { makeGitlabIssueChannel } from '../../../src/alerts/channels/gitlab-issue.ts'
import type { Severity } from '../../../src/alerts/message.ts'
import { messageOfSummary } from '../../../src/alerts/message-of.ts'
import { OWN_LINK } from '../hostile-messages.ts'
import { keepInMemory } from '../keep-in-memory.ts'
import { sampleMessage, sampleSummary } from '../sample-alert.ts'
import { channelContract, failureOf, type Mood } from './contract.ts'

const closing: (() => unknown)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const TOKEN = 's3cret-token'

async function start(options: { project?: string; confidential?: boolean } = {}) {
  const gitlab = await startGitlabIssues(TOKEN, ['team-a/app', 'ops/registry'])
  closing.push(gitlab.close)
  const memory = keepInMemory()
  const open = (kept = memory, token = TOKEN) =>
    makeGitlabIssueChannel({
      name: 'ops',
      url: gitlab.url,
      token,
      confidential: false,
      memory: kept,
      ...options,
    })
  return { gitlab, memory, open, channel: open() }
}

/** What GitLab would act on in the title or the description (docs.gitlab.com: GitLab Flavored Markdown, quick actions). */
function faults({ title, description }: LabIssue): string[] {
  const known = /^<(!-- tallyman[0-9a-f]{24} --|\/?(p|table|tr|td|ul|li|a)|a href="[^"<>]*")>$/
  const outside = description.replaceAll(/<code>[^<>]*<\/code>/g, '')
  const tags = outside.match(/<[^>]*>/g) ?? []
  const words = outside
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('Tallyman edits this description. Write comments.', '')
  return [
    ...description.split('\n').filter((one) => !one.startsWith('<')),
    ...tags.filter((tag) => !known.test(tag)),
    ...words.split('\n').filter((word) => !/^(and \d+ more)?$/.test(word)),
    ...(title.match(/[@#!~%$&^:*[\]`][^\u200b]|www\./g) ?? []),
    ...(title.trim() === '' || /\p{Cc}/u.test(title) ? [`the title ${title}`] : []),
  ]
}

describe('issues of GitLab', () => {
  channelContract(async () => {
    const { gitlab, channel } = await start({ project: 'ops/registry' })
    const moods: Record<Mood, [status?: number, headers?: Record<string, string>]> = {
      ...{ accept: [], refuse: [403], fail: [502], wait: [429, { 'retry-after': '7' }] },
    }
    return {
      channel,
      answer: (mood) => gitlab.fail(...(moods[mood] as [number | undefined])),
      accepted: () => gitlab.issues.map(({ title, description }) => `${title}\n${description}`),
      faults: () => gitlab.issues.flatMap(faults),
      close: gitlab.close,
    }
  })

  const state = (n: number, severity: Severity) => ({
    ...sampleMessage,
    id: `m${n}`,
    severity,
    text: `state ${n}`,
    title: `title ${n}`,
  })

  it('have one for a subject, edited in place, closed and opened again', async () => {
    const { gitlab, channel } = await start()
    const states: [Severity, LabIssue['state']][] = [
      ...([
        ['warning', 'opened'],
        ['critical', 'opened'],
        ['resolved', 'closed'],
        ['warning', 'opened'],
      ] as const),
    ].map(([severity, shown]) => [severity, shown])
    for (const [n, [severity, shown]] of states.entries()) {
      await channel.send(state(n, severity))
      expect(gitlab.issues).toMatchObject([
        {
          project: 'team-a/app',
          iid: 1,
          state: shown,
          title: `title ${n}`,
          labels: ['tallyman'],
          confidential: false,
        },
      ])
      expect(gitlab.issues[0]?.description).toContain(`state ${n}`)
    }
    expect(gitlab.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1)
    await channel.send({ ...sampleMessage, subject: 'ci/team-a/app expiry.notice pull-requests' })
    expect(gitlab.issues).toHaveLength(2)
  })

  it('are found again by label and mark if the memory is gone, and not if a person has made one alike', async () => {
    const { gitlab, open, channel } = await start()
    await channel.send(state(1, 'warning'))
    const [{ description = '' } = {}] = gitlab.issues
    gitlab.issues.push({ ...(gitlab.issues[0] as LabIssue), iid: 2, labels: [], title: 'mine', description })
    await open(keepInMemory()).send(state(2, 'critical'))
    expect(gitlab.issues.map(({ title }) => title)).toEqual(['title 2', 'mine'])
  })

  it('have a new one if a person has deleted it', async () => {
    const { gitlab, channel } = await start()
    await channel.send(state(1, 'warning'))
    gitlab.issues.splice(0)
    await channel.send(state(2, 'critical'))
    expect(gitlab.issues).toMatchObject([{ title: 'title 2', state: 'opened' }])
  })

  it('have none of what is resolved already', async () => {
    const { gitlab, channel } = await start()
    await channel.send(state(1, 'resolved'))
    expect(gitlab.issues).toEqual([])
  })

  it('are all in one project if it is configured, and confidential if it is asked', async () => {
    const { gitlab, channel } = await start({ project: 'ops/registry', confidential: true })
    await channel.send(sampleMessage)
    await channel.send(messageOfSummary(sampleSummary))
    expect(gitlab.issues).toMatchObject([
      { project: 'ops/registry', confidential: true },
      { project: 'ops/registry', confidential: true },
    ])
  })

  it('cannot tell what is about no project if none is configured', async () => {
    const { channel } = await start()
    expect(await failureOf(channel, messageOfSummary(sampleSummary))).toMatchObject({
      message: expect.stringContaining('the message is about no project: set `project`'),
      retry: false,
    })
  })

  it('need a token that GitLab knows', async () => {
    const { open, memory } = await start()
    const channel = open(memory, 'wr0ng-s3cret')
    expect(await failureOf(channel)).toMatchObject({ status: 401, retry: false })
    await expect(channel.check?.ask()).rejects.toMatchObject({ status: 401 })
    expect(await open().check?.ask()).toBe('GitLab takes the token of tallyman')
  })

  it('link to where people read more', async () => {
    const { gitlab, channel } = await start()
    await channel.send({ ...sampleMessage, links: [{ text: 'More', url: OWN_LINK }] })
    expect(gitlab.issues[0]?.description).toContain(`<a href="${OWN_LINK}"><code>More</code></a>`)
  })
})
