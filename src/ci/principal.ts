import { type Static, type TSchema, Type } from 'typebox'
import { printable } from '../platform/printable.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const text = (description: string) => orNull(Type.String({ description }))

/** What the token of a CI job tells of it, for records. What it does not tell is null. */
export const CiClaims = Type.Object({
  project: Type.String({ description: "The project's path at the issuer, in lower case." }),
  projectId: Type.String({ description: "The project's id at the issuer." }),
  job: text('The id of the job.'),
  pipeline: text('The id of the pipeline, or of the run of the workflow.'),
  user: text('The login name of who started it. It is personal data.'),
  commit: text('The commit.'),
  ref: text('The branch or tag.'),
  refType: text('`branch` or `tag`.'),
  environment: text('The environment to which the job deploys.'),
})
export type CiClaims = Static<typeof CiClaims>

/** A CI job that has shown a valid token. */
export interface CiPrincipal {
  readonly kind: 'ci'
  /** The issuer's name in the configuration. */
  readonly issuer: string
  /** The projects that it may act for, `registry/path`, each with those below it. */
  readonly projects: readonly string[]
  readonly claims: CiClaims
}

/**
 * Whether a CI job may act for a project, `registry/path`: its own, or one below it. A path below that of a project of
 * GitLab or GitHub can belong to no other project there.
 */
export const mayActFor = ({ projects }: Pick<CiPrincipal, 'projects'>, project: string): boolean =>
  projects.some((own) => project === own || project.startsWith(`${own}/`))

/** A CI job in one line, safe to print: `CI job 42 of team-a/app (gitlab)`. */
export const describeCi = ({ issuer, claims: { job, pipeline, project } }: CiPrincipal): string =>
  printable(
    `CI ${job === null ? `run ${pipeline ?? 'without an id'}` : `job ${job}`} of ${project} (${issuer})`,
  )
