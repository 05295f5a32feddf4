import { createHash } from 'node:crypto'
import type { PolicyImage } from '../../../src/expiry/dialects/dialect.ts'
import { ecr } from '../../../src/expiry/dialects/ecr.ts'

/** epoch µs */
export const NOW = Date.UTC(2026, 10, 26) * 1000
export const DAY = 86_400e6

export const digestOf = (name: string) => `sha256:${createHash('sha256').update(name).digest('hex')}`

/** An image that was pushed with its tags, so many days ago. */
export const image = (
  name: string,
  tags: string[],
  daysAgo: number | null,
  more: Partial<PolicyImage> = {},
): PolicyImage => {
  const pushedAt = daysAgo === null ? null : NOW - daysAgo * DAY
  return {
    ...{
      repository: 'app',
      digest: digestOf(name),
      tags: tags.map((tag) => ({ name: tag, taggedAt: pushedAt })),
    },
    ...{ pushedAt, pulledAt: null, createdAt: null, mediaType: '', labels: {} },
    ...{ children: [], subject: null, immutable: false, ...more },
  }
}

export const index = (name: string, tags: string[], daysAgo: number, children: string[]) =>
  image(name, tags, daysAgo, { children: children.map(digestOf) })

export const signature = (name: string, daysAgo: number, subject: string) =>
  image(name, [], daysAgo, { subject: digestOf(subject) })

type Selection = object
const EXPIRE = { type: 'expire' }
export const ARCHIVE = { type: 'transition', targetStorageClass: 'archive' }

export const tagged = (...tagPatternList: string[]): Selection => ({ tagStatus: 'tagged', tagPatternList })
export const prefixed = (...tagPrefixList: string[]): Selection => ({ tagStatus: 'tagged', tagPrefixList })
export const untagged: Selection = { tagStatus: 'untagged' }
export const any: Selection = { tagStatus: 'any' }

export const newest = (countNumber: number) => ({ countType: 'imageCountMoreThan', countNumber })
export const days = (countNumber: number, countType = 'sinceImagePushed') => ({
  ...{ countType, countUnit: 'days', countNumber },
})
export const archived = (countNumber: number) => ({
  ...days(countNumber, 'sinceImageTransitioned'),
  storageClass: 'archive',
})

/** A policy of rules with the priorities 1, 2, … */
export const policy = (...rules: [which: Selection, limit: Selection, action?: object][]) => ({
  rules: rules.map(([which, limit, action = EXPIRE], at) => ({
    ...{ rulePriority: at + 1, description: `Rule ${at + 1}`, selection: { ...which, ...limit }, action },
  })),
})

export function decide(document: unknown, images: Record<string, PolicyImage> | PolicyImage[]) {
  const named = Object.entries(images)
  const { verdicts, warnings } = ecr.read(document)({
    ...{ images: named.map(([, one]) => one), now: NOW, project: '' },
  })
  const nameOf = new Map(named.map(([name, one]) => [one, name]))
  const pairs = verdicts.map((verdict) => [nameOf.get(verdict.image) ?? '', verdict] as const)
  return {
    verdicts,
    warnings,
    expired: pairs.filter(([, { isKept }]) => !isKept).map(([name]) => name),
    reasons: Object.fromEntries(pairs.map(([name, { reason }]) => [name, reason])),
  }
}
