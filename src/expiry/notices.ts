import { inPieces } from '../platform/in-pieces.ts'
import type { ExpiryAlert } from '../queue/alert.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { splitProjectId } from '../usage/project.ts'
import type { ImageId } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { makeAnnouncements } from './announcements.ts'
import type { Deleted, Noticed } from './decision.ts'
import type { ChosenImages } from './evicted.ts'
import { type Announcements, type Doomed, doomedIn, judgeNotices } from './notice.ts'
import { doneAlert, type NoticeRun, noticeAlert } from './notice-alert.ts'
import { amountOf, lotsOf, wholeImages } from './notice-lots.ts'
import { withNotice } from './noticed-view.ts'
import type { ExpiryPolicy } from './plan.ts'
import { takeAll } from './plan-bytes.ts'
import type { Planner } from './planner.ts'
import { isReferrerTag, relationsOf } from './relations.ts'
import type { RepositoryView } from './repository-view.ts'
import { type UndoSettings, undoSettingsAt, undoText } from './undo.ts'

/** Announces what will expire, and remembers what it has announced. `now` is a clock in epoch µs. */
export function makeNotices(deps: {
  store: ObjectStore
  index: Pick<UsageIndex, 'images' | 'reclaim'>
  planner: Pick<Planner, 'repositoriesIn' | 'decide' | 'evictionOf'>
  announce: (alert: ExpiryAlert) => Promise<unknown>
  settings: () => UndoSettings
  now: () => number
}) {
  const { planner } = deps
  const announcements = makeAnnouncements(deps.store)

  /** What a policy deletes, and the names of what stays only until a new image of its repository was read. */
  async function doomedOf(policy: ExpiryPolicy, project: string, evicted: ChosenImages) {
    const doomed: Doomed[] = []
    const unread: string[] = []
    for (const repository of await planner.repositoriesIn(policy, project)) {
      const images = await deps.index.images(project, repository)
      const decisions = await planner.decide(policy, project, images, { evicted })
      const byDigest = new Map(images.map((image) => [image.digest, image]))
      for (const one of doomedIn({ decisions, images: byDigest, relations: relationsOf(images) }))
        doomed.push(one)
      for (const one of decisions) if (one.isUnread) unread.push(nameOf(one))
    }
    return { doomed, unread }
  }

  /** Bytes that the registry can free once these images are deleted. */
  async function freedBy(project: string, images: readonly ImageId[]): Promise<number> {
    const reclaim = deps.index.reclaim(project)
    await reclaim.load(images)
    return (await inPieces(takeAll(images, reclaim))).registryBytes
  }

  async function noticedOf(
    project: string,
    lot: readonly Doomed[],
    until: string,
  ): Promise<Noticed | undefined> {
    if (lot.length === 0) return undefined
    return { ...amountOf(lot), bytes: await freedBy(project, wholeImages(lot)), until }
  }

  /**
   * Announces what a policy deletes in a project and was not announced, or was used since. Gives what stands, and what it comes
   * to. The message is queued before it is remembered: a run that is killed in between announces again.
   */
  async function admit(
    run: NoticeRun,
    policy: ExpiryPolicy & { notice: number },
    project: string,
    evicted: ChosenImages,
  ) {
    const { notice } = policy
    const { doomed, unread } = await doomedOf(policy, project, evicted)
    const now = deps.now()
    const known = await announcements.read(policy, project)
    const judgement = judgeNotices(known, doomed, now, notice * 1000)
    const { toAnnounce, standing: inPlan } = judgement
    const standing = new Map([...inPlan, ...only(known, unread)])
    const lots = lotsOf(doomed, judgement, now, notice * 1000)
    const announced = await noticedOf(project, lots.announced, toTime(now + notice * 1000))
    if (announced !== undefined) {
      const labels = toAnnounce.map(({ label }) => label)
      await deps.announce(noticeAlert(run, project, { ...announced, labels }, announced.until))
    }
    await announcements.write(policy, project, standing)
    const waiting = await noticedOf(project, lots.waiting, toTime(lots.waitingUntil))
    return { standing, announced, waiting }
  }

  /** Tells what a run has deleted in a project. Undo is counted from the beginning of the run, as in its record. */
  async function tellDone(run: NoticeRun, project: string, deleted: readonly Expired[]) {
    const tagged = deleted.filter(({ tags }) => tags.some(isOrdinary))
    const tags = deleted.filter(({ outcome }) => outcome === 'untagged').length
    const lot = {
      labels: (tagged.length > 0 ? tagged : deleted).map(labelOf),
      ...{ images: deleted.length - tags, tags },
      bytes: deleted.reduce((sum, { bytes }) => sum + bytes, 0),
    }
    await deps.announce(
      doneAlert(
        run,
        project,
        lot,
        undoText(
          undoSettingsAt(deps.settings(), splitProjectId(project).registry),
          Date.parse(run.at),
          deps.now() / 1000,
        ),
      ),
    )
  }

  return {
    /** Gives notice of what a run that deletes would delete in a project, where it evicts `evicted`. With it, only what was announced in time goes. */
    async begin(
      run: NoticeRun,
      policy: ExpiryPolicy,
      project: string,
      evicted: ChosenImages,
    ): Promise<ProjectNotices> {
      if (policy.notice === undefined) return NO_NOTICE
      const { notice } = policy
      const { standing, announced, waiting } = await admit(run, { ...policy, notice }, project, evicted)
      let deleted: Expired[] = []
      return {
        ...{ announced, waiting },
        guard: (view) => withNotice(view, standing, { now: deps.now, notice: notice * 1000 }),
        note(result, bytes) {
          if (result.outcome === 'deleted' || result.outcome === 'untagged')
            deleted.push({ ...result, bytes })
        },
        async end() {
          const told = deleted
          deleted = []
          if (told.length > 0) await tellDone(run, project, told)
        },
      }
    },

    /** Forgets what has left the plan, and announces nothing: a run deletes nothing in the project. */
    async prune(policy: ExpiryPolicy, project: string): Promise<void> {
      const known = await announcements.read(policy, project)
      if (known.size === 0) return
      const { chosen } = await planner.evictionOf(policy, project)
      const { doomed, unread } = await doomedOf(policy, project, chosen)
      await announcements.write(policy, project, only(known, [...doomed.map(({ name }) => name), ...unread]))
    },

    /** For a policy that only plans, or gives no notice. */
    forget: announcements.forget,

    /** Forgets those of policies that a registry does not have any more, and of projects that it does not have. */
    async forgetOthers(
      registry: string,
      policies: readonly ExpiryPolicy[],
      projects: readonly string[],
    ): Promise<void> {
      if (projects.length === 0) return // Redis may have lost its data.
      const ours = policies.filter((policy) => policy.registry === registry)
      await announcements.forgetOthers(registry, ours, projects)
    },
  }
}
export type Notices = ReturnType<typeof makeNotices>

/** The notices of one project in one run. */
export interface ProjectNotices {
  /** What the run has announced there, and what waits since an earlier run announced it. */
  announced?: Noticed | undefined
  waiting?: Noticed | undefined
  /** Lets only images go of which the notice is over. */
  guard(view: RepositoryView): RepositoryView
  /** Notes what became of an image; `bytes` is what its delete frees. */
  note(result: Deleted, bytes: number): void
  /** Tells what was deleted since the last call, if anything was. */
  end(): Promise<void>
}

/** Of a policy without notice, and of a run that deletes nothing. */
export const NO_NOTICE: ProjectNotices = { guard: (view) => view, note() {}, end: async () => {} }

/** What was deleted, and the bytes that this frees. */
type Expired = Deleted & { bytes: number }

const nameOf = ({ repository, digest }: ImageId): string => `${repository}@${digest}`

function only(announced: Announcements, names: readonly string[]): Announcements {
  const wanted = new Set(names)
  return new Map([...announced].filter(([name]) => wanted.has(name)))
}

const isOrdinary = (tag: string): boolean => !isReferrerTag(tag)

function labelOf({ repository, digest, tags, untag = tags }: Deleted): string {
  const tag = untag.find(isOrdinary)
  return tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
}

/** `at` is epoch µs. */
const toTime = (at: number): string => new Date(at / 1000).toISOString()
