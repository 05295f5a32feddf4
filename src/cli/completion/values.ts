import { Type } from 'typebox'
import { Names } from '../commands/names.ts'
import { findService } from '../find-service.ts'
import { queryOf } from '../page-options.ts'
import type { ValuesOf } from './complete.ts'

/** How long a shell waits for names from the service, in ms. */
const DEADLINE_MS = 1_500

const Projects = Type.Object({ projects: Type.Array(Type.Object({ id: Type.String() })) })
const Snapshots = Type.Object({ snapshots: Type.Array(Type.Object({ key: Type.String() })) })

/** Asks the service for names. Nothing if it is not there, does not answer soon, or does not let the token see them. */
export const valuesFrom =
  (env: NodeJS.ProcessEnv): ValuesOf =>
  async (kind, typed, options) => {
    if (kind === 'file') return []
    try {
      const service = await findService(env, { ...options, deadlineMs: DEADLINE_MS })
      switch (kind) {
        case 'projects': {
          const query = queryOf({ limit: '100', sort: 'name', ...(typed !== '' && { search: typed }) })
          return (await service.get(`/v1/projects${query}`, Projects)).projects.map(({ id }) => id)
        }
        case 'snapshots':
          return (await service.get('/v1/snapshots', Snapshots)).snapshots.map(({ key }) => key)
        default:
          return (await service.get('/v1/names', Names))[kind]
      }
    } catch {
      return []
    }
  }
