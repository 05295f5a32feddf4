import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Audit } from '../expiry/audit.ts'
import { StoreState, storeDoubt } from '../store/store-identity.ts'
import { askedBy } from './asked-by.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

export const StoreView = Type.Object({
  state: Type.Enum(StoreState.enum, {
    description:
      '`known`: the store is the one that Redis knows. `lost`: it has lost its data, or is an empty one. `another`: it is another store than before. `older`: it is a copy from before somebody asked to keep an image.',
  }),
  doubt: Type.Union([Type.String(), Type.Null()], {
    description:
      'Why nothing is deleted until the store is restored or accepted. Null if it is the known one.',
  }),
})
export type StoreView = Static<typeof StoreView>

/** Whether Tallyman's own store is the one that it knows, and how a person accepts another one. */
export const storeRoute =
  (deps: {
    store: { state(): Promise<StoreState>; accept(): Promise<void> }
    roles: Roles
    audit: Audit
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const view = async (): Promise<StoreView> => {
      const state = await deps.store.state()
      return { state, doubt: storeDoubt(state) ?? null }
    }

    app.get('/v1/store', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['snapshots'],
        summary: "Whether Tallyman's own store is the one that it knows",
        response: { 200: StoreView, ...errors },
      },
      handler: view,
    })

    app.post('/v1/store/accept', {
      onRequest: deps.roles.admin,
      schema: {
        tags: ['snapshots'],
        summary: 'Accept the store as it is',
        description:
          'After the store was lost or replaced for good: what it lacks, such as keeps and the trash, is gone. Expiry may delete again.',
        response: { 200: StoreView, ...errors },
      },
      handler: async (request) => {
        const { state } = await view()
        if (state !== 'known') {
          await deps.store.accept()
          await deps.audit({ by: askedBy(request), action: 'store.accepted', outcome: state })
        }
        return view()
      },
    })
  }
