import type { Parts } from './parts.ts'

/** A registry without a token sends no events: it is only a target of promotions, and has no index. */
export const sourcesOf = ({ registries }: Pick<Parts, 'registries'>): string[] =>
  registries.filter(({ token }) => token !== undefined).map(({ name }) => name)
