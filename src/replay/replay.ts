import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KnownUse } from '../expiry/age-and-use.ts'
import type { ExpiryPolicy } from '../expiry/plan.ts'
import type { FindProtection } from '../expiry/protection.ts'
import { needsOf } from '../expiry/selection.ts'
import { inPieces } from '../platform/in-pieces.ts'
import { readSnapshot } from '../snapshot/read-snapshot.ts'
import { listSnapshots, type SnapshotInfo } from '../snapshot/snapshot-key.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { projectId, splitProjectId } from '../usage/project.ts'
import type { Gap } from './journal-line.ts'
import { journalBegin, readJournal } from './read-journal.ts'
import { type Circumstances, makeReplayPolicy, type ReplayPolicy } from './replay-policy.ts'
import type { ReplayResult } from './replay-record.ts'
import { MOST_RUNS, runTimes } from './run-times.ts'

/** A policy at a registry, and when it runs. */
export type ScheduledPolicy = ExpiryPolicy & { schedule: string; timeZone: string }

/** A replay that cannot be made. The message says why. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError'
}

/** A snapshot may lack what was noted shortly before it was written, in ms: it is told again, which changes nothing. */
const OVERLAP_MS = 60 * 60_000

/** Entries after which other work gets a turn. */
const TURN = 500

/** Replays what policies would have done. Times are epoch ms. @throws ReplayError, ReplayTooLarge, errors of the store */
export function makeReplay(deps: {
  store: Pick<ObjectStore, 'list' | 'get' | 'read'>
  projectOf: (registry: string, repository: string) => string
  findProtections: FindProtection
  protectsLabels: () => boolean
  useOf: (registry: string) => Promise<KnownUse>
  /** From 0 to 1. */
  maxShare: () => number
  /** Writes to the store what was heard. Gives what is missing until now, and no object tells. */
  writeJournal: () => Promise<Gap | undefined>
  /** epoch ms */
  now: () => number
}) {
  const { store } = deps

  /** What protects images, and what is known of pulls, of each registry: as of now. */
  async function circumstances(policies: readonly ExpiryPolicy[], notKnown: string[]) {
    const known = new Map<string, Circumstances>()
    for (const registry of new Set(policies.map((policy) => policy.registry))) {
      const [protectionOf, use] = await Promise.all([deps.findProtections(registry), deps.useOf(registry)])
      if (protectionOf.doubt !== undefined)
        notKnown.push(`${registry}: ${protectionOf.doubt}: nothing would go`)
      if (use.unheard !== undefined)
        notKnown.push(
          `${registry}: ${use.unheard}: there is no regret to be seen, and no rule about use applies`,
        )
      known.set(registry, { protectionOf, use })
    }
    return known
  }

  /** Tells the policies what was there when the snapshot was written. */
  async function readBaseline(
    key: string,
    replays: readonly { policy: ExpiryPolicy; replay: ReplayPolicy }[],
  ) {
    let told: readonly { replay: ReplayPolicy }[] = []
    let count = 0
    for await (const entry of readSnapshot(store, key)) {
      if ('project' in entry) {
        const { registry } = splitProjectId(entry.project.project)
        told = replays.filter(({ policy }) => policy.registry === registry)
      }
      if (!('fact' in entry)) continue
      for (const { replay } of told) replay.begin(entry.fact)
      count += 1
      if (count % TURN === 0) await nextTurn()
    }
  }

  return async function replay(
    policies: readonly ScheduledPolicy[],
    { since, until }: { since: number; until: number },
    onProgress: (progress: { objects: number; of: number }) => Promise<unknown> = async () => {},
  ): Promise<ReplayResult> {
    const untold = await deps.writeJournal()
    const begun = await journalBegin(store)
    if (begun === undefined)
      throw new ReplayError(
        'the journal is empty: set journal.enabled, and wait until something has happened',
      )
    const notKnown: string[] = []
    const baseline = baselineOf(await listSnapshots(store), Math.max(since, begun))
    const from = Math.max(since, begun, baseline === undefined ? 0 : Date.parse(baseline.createdAt))
    if (from >= until)
      throw new ReplayError(
        `nothing is known of that time: the journal begins at ${timeOf(Math.max(begun, from))}`,
      )
    if (from > since)
      notKnown.push(`what happened before ${timeOf(from)}: the journal, or its baseline, begins there`)
    if (baseline === undefined)
      notKnown.push('images that were there before the journal began: there is no snapshot from before that')
    else if (begun - Date.parse(baseline.createdAt) > OVERLAP_MS)
      notKnown.push(
        `what happened between ${baseline.createdAt}, when the snapshot was written from which it begins, and ${timeOf(begun)}`,
      )

    const known = await circumstances(policies, notKnown)
    const replays = policies.map((policy) => ({
      policy,
      replay: makeReplayPolicy(policy, {
        projectOf: (repository) => projectId(policy.registry, deps.projectOf(policy.registry, repository)),
        maxShare: deps.maxShare(),
      }),
      due: dueTimes(policy, from, until),
    }))
    if (baseline !== undefined) await readBaseline(baseline.key, replays)

    for (const { policy, due } of replays)
      if (due.length === 0)
        notKnown.push(
          `what "${policy.name}" would have deleted: its schedule, ${policy.schedule}, was not due from ${timeOf(from)} to ${timeOf(until)}`,
        )

    const runUntil = async (ms: number) => {
      for (const { policy, replay, due } of replays)
        while ((due[0] ?? Number.POSITIVE_INFINITY) <= ms * 1000)
          await inPieces(replay.run(due.shift() ?? 0, () => known.get(policy.registry) ?? {}))
    }

    let events = 0
    const readFrom =
      baseline === undefined ? from : Math.min(from, Date.parse(baseline.createdAt)) - OVERLAP_MS
    for await (const recorded of readJournal(store, { from: readFrom, to: until }, onProgress)) {
      await runUntil(recorded.heardAt)
      if ('gap' in recorded) {
        if (recorded.gap.since < until) notKnown.push(...gapText(recorded.gap, recorded.heardAt))
      } else if ('unreadable' in recorded) notKnown.push(recorded.unreadable)
      else {
        for (const { replay } of replays) replay.tell(recorded.entry)
        if (recorded.heardAt >= from) events += 1
        if (events % TURN === 0) await nextTurn()
      }
    }
    await runUntil(until)
    if (untold !== undefined && untold.since < until) notKnown.push(...gapText(untold, deps.now()))

    for (const { policy, replay } of replays)
      notKnown.push(...unknownOf(policy, replay, deps.protectsLabels()))
    return {
      ...{ from: timeOf(from), to: timeOf(until), events, baseline: baseline?.key ?? null },
      notKnown: [...new Set(notKnown)],
      policies: replays.map(({ replay }) => replay.outcome()),
    }
  }
}
export type Replay = ReturnType<typeof makeReplay>

/** The newest snapshot from before the replay, or else the oldest of all: what was there before that is not known. */
function baselineOf(snapshots: readonly SnapshotInfo[], from: number): SnapshotInfo | undefined {
  return snapshots.find(({ createdAt }) => Date.parse(createdAt) <= from) ?? snapshots.at(-1)
}

/** @throws ReplayError if there are too many */
function dueTimes(policy: ScheduledPolicy, from: number, until: number): number[] {
  const due = runTimes(policy, { from: from * 1000, to: until * 1000 })
  if (due.length > MOST_RUNS)
    throw new ReplayError(
      `"${policy.name}" would run more than ${MOST_RUNS} times: choose a later --since, or a rarer schedule`,
    )
  return due
}

function gapText({ lost, since }: Gap, at: number): string[] {
  const until = timeOf(at)
  return [
    ...(lost > 0 ? [`${lost} entries before ${until}: the journal had no room for them`] : []),
    ...(since > 0 && at - since > OVERLAP_MS
      ? [`what happened between ${timeOf(since)} and ${until}: nothing was written to the journal`]
      : []),
    ...(since > 0 && at - since <= OVERLAP_MS && lost === 0
      ? [`some of what happened between ${timeOf(since)} and ${until}: Redis lost what was to be written`]
      : []),
  ]
}

/** What a replay leaves out of a policy. */
function unknownOf(policy: ExpiryPolicy, replay: ReplayPolicy, protectsLabels: boolean): string[] {
  const name = `"${policy.name}"`
  const rules = 'rules' in policy ? policy.rules : []
  const notKnown: string[] = [
    'what protected images then: keeps, expiry.protect and images in use count as they are now',
  ]
  if ('rules' in policy && policy.evict !== undefined)
    notKnown.push(`what ${name} would have evicted: the quotas and the order of then are not recorded`)
  if (rules.some((rule) => needsOf(rule).details) || protectsLabels)
    notKnown.push(`${name}: labels, kinds and annotations of images: by a rule about these nothing goes`)
  if (rules.some((rule) => needsOf(rule).pushers))
    notKnown.push(`${name}: who pushed an image: by a rule about that nothing goes`)
  if (replay.unread() > 0)
    notKnown.push(
      `${name}: ${replay.unread()} times an image stayed only since the references of another one in its repository are not known`,
    )
  return notKnown
}

const timeOf = (ms: number): string => new Date(ms).toISOString()
