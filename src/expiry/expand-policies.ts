import { makeGlob } from '../platform/glob.ts'

/** What a policy is about, as configured: globs. Projects are `registry/path`. */
export interface Match {
  registry: string
  project: string
  repository: string
}

/** A configured policy for one registry. `project` and `repository` stay globs. */
type Expanded<P> = P extends { match: Match } ? Omit<P, 'match'> & Match : never

/** Gives a policy for each registry that a configured policy matches. All of them have its name. */
export const expandPolicies = <P extends { match: Match }>(
  policies: readonly P[],
  registries: readonly string[],
): Expanded<P>[] =>
  policies.flatMap(({ match: { registry, ...scope }, ...policy }) =>
    registries
      .filter(makeGlob(registry))
      .map((name) => ({ ...policy, ...scope, registry: name }) satisfies Match as Expanded<P>),
  )
