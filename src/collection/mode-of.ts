import type { CollectionMode } from './collection-run.ts'

/** How a registry is collected if nobody says how: behind the barrier where that is configured. */
export const modeOf = ({ barrier }: { barrier?: unknown }): CollectionMode =>
  barrier === undefined ? 'conduct' : 'barrier'
