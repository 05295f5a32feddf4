import { type CiPrincipal, describeCi, mayActFor } from '../ci/principal.ts'
import { makeGlob } from '../platform/glob.ts'
import type { NamedToken } from './named-token.ts'

/**
 * What somebody may do. `ask`: ask for promotions as the rules say. `promote`: that, and approve promotions and roll them back.
 * `expire`: run policies, keep, restore and snooze. `report`: report uses of images. `admin`: all of it, and quotas.
 */
export type Verb = 'read' | 'ask' | 'promote' | 'expire' | 'report' | 'admin'

/** The verbs that each verb includes. */
const INCLUDED: Record<Verb, readonly Verb[]> = {
  read: ['read'],
  ask: ['read', 'ask'],
  promote: ['read', 'ask', 'promote'],
  expire: ['read', 'expire'],
  report: ['report'],
  admin: ['read', 'ask', 'promote', 'expire', 'report', 'admin'],
}

/** Who makes a request, and what it may do in which projects. A route gets that of its verb (`accessFor`). */
export interface Access {
  /** For records, safe to print: `admin token`, `token team-a`, `CI job 42 of team-a/app (gitlab)`. */
  readonly who: string
  readonly verbs: readonly Verb[]
  /**
   * What it is made of, if it has not the same verbs in all its projects: each part has its verbs in its own projects. `verbs`,
   * `projects` and `sees` are those of all parts together.
   */
  readonly parts?: readonly Access[]
  /** The projects that it sees, as people read them: globs over `registry/path`. `**` alone is all of them. */
  readonly projects: readonly string[]
  /** Whether it sees all projects, and so what is about a registry or the whole service. */
  readonly seesAll: boolean
  /** Whether it sees a project, `registry/path`. `undefined`, what is about no project alone: only if it sees all. */
  readonly sees: (project: string | undefined) => boolean
  /** When it ends, RFC 3339; null if it does not end by itself. */
  readonly expiresAt: string | null
  /** The CI job, if it is one. */
  readonly ci?: CiPrincipal
  /** How it logged in, if it has a session. */
  readonly session?: SessionOf
}

/** A session of the dashboard. */
export interface SessionOf {
  /** How somebody logged in. */
  readonly by: 'token' | 'oidc'
  /** The name of the person; null if a token is all that is known. */
  readonly name: string | null
  /** When it ends, RFC 3339. */
  readonly until: string
}

/** The glob that stands for all projects. */
export const ALL_PROJECTS = '**'

/** Whether it may do this in some project. */
export const mayDo = ({ verbs }: Pick<Access, 'verbs'>, verb: Verb): boolean =>
  verbs.some((one) => INCLUDED[one].includes(verb))

/** What it may do this with: its parts that have the verb; `undefined` if none has. */
export function accessFor(access: Access, verb: Verb): Access | undefined {
  if (!mayDo(access, verb)) return undefined
  return access.parts === undefined
    ? access
    : together(
        access,
        access.parts.filter((part) => mayDo(part, verb)),
      )
}

/** Whether it may do this with all projects. */
export const mayDoEverywhere = (access: Access, verb: Verb): boolean =>
  accessFor(access, verb)?.seesAll ?? false

/** An access with the verbs of each part in the projects of that part. */
export function together(
  of: Pick<Access, 'who' | 'expiresAt' | 'session'>,
  parts: readonly Access[],
): Access {
  return {
    ...{ ...of, parts, verbs: union(parts.map(({ verbs }) => verbs)) },
    projects: union(parts.map(({ projects }) => projects)),
    seesAll: parts.some(({ seesAll }) => seesAll),
    sees: (project) => parts.some(({ sees }) => sees(project)),
  }
}

const union = <T>(lists: readonly (readonly T[])[]): T[] => [...new Set(lists.flat())]

/** What it may do where, for people and programs. */
export const grantsOf = (access: Access): { verbs: Verb[]; projects: string[] }[] =>
  (access.parts ?? [access]).map(({ verbs, projects }) => ({ verbs: [...verbs], projects: [...projects] }))

/** The tokens of the configuration, which are for all projects. */
export const CONFIGURED: Record<'read' | 'admin' | 'uses', Access> = {
  read: configured('read', 'read'),
  admin: configured('admin', 'admin'),
  uses: configured('uses', 'report'),
}

function configured(name: string, verb: Verb): Access {
  return {
    ...{ who: `${name} token`, verbs: [verb], projects: [ALL_PROJECTS], expiresAt: null },
    ...{ seesAll: true, sees: () => true },
  }
}

/** What a named token may do. */
export const accessOfToken = ({ name, ...token }: NamedToken): Access =>
  accessOfGlobs({ ...token, who: `token ${name}` })

/** An access to the projects of globs. It sees what is about no project alone only if one of them is `**`. */
export function accessOfGlobs(of: Pick<Access, 'who' | 'verbs' | 'projects' | 'expiresAt'>): Access {
  const { who, verbs, projects, expiresAt } = of
  const seesAll = projects.includes(ALL_PROJECTS)
  const globs = projects.map(makeGlob)
  return {
    ...{ who, verbs, projects, expiresAt, seesAll },
    sees: (project) => seesAll || (project !== undefined && globs.some((matches) => matches(project))),
  }
}

/** What a CI job may do: read its own projects and what is below them, and ask for promotions there. */
export const accessOfCi = (principal: CiPrincipal): Access => ({
  ...{ who: describeCi(principal), verbs: ['ask'], expiresAt: null, ci: principal, seesAll: false },
  projects: principal.projects.map((project) => `${project}/**`),
  sees: (project) => project !== undefined && mayActFor(principal, project),
})

/** The projects for people: `ci/team-a/** and ci/tools`. */
export const projectsText = ({ seesAll, projects }: Pick<Access, 'seesAll' | 'projects'>): string =>
  seesAll ? 'all projects' : projects.join(' and ') || 'no project'

/** `read over all projects, and expire over ci/team-a/**`. */
export const grantsText = (access: Access): string =>
  (access.parts ?? [access])
    .map((part) => `${part.verbs.join(', ')} over ${projectsText(part)}`)
    .join(', and ') || 'nothing'

/** Whether everything that globs cover is seen: they are those of the access, or some of them. `undefined` is everything. */
export const coversAll = (
  { seesAll, projects }: Pick<Access, 'seesAll' | 'projects'>,
  globs: readonly string[] | undefined,
): boolean => seesAll || (globs?.every((glob) => projects.includes(glob)) ?? false)
