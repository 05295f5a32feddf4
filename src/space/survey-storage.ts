import pMap from 'p-map'
import { orAborted } from '../platform/or-aborted.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import { makeNamedBy } from './named-by.ts'
import { makeSurvey, type Survey } from './survey.ts'

/** Manifests that are read at a time. */
const MANIFESTS = { concurrency: 16 }

/**
 * Surveys all of a registry's storage while others write to it: one listing of it, then each manifest once.
 * `signal` ends it, also if the storage does not answer.
 * @throws whatever the storage throws, and the reason of the signal
 */
export async function surveyStorage(
  storage: RegistryStorage,
  deps: { projectOf: (repository: string) => string; signal?: AbortSignal | undefined },
): Promise<Survey> {
  const { signal = NEVER } = deps
  return orAborted(signal, () => surveyUntil(signal, storage, deps))
}

const NEVER = new AbortController().signal

async function surveyUntil(
  signal: AbortSignal,
  storage: RegistryStorage,
  deps: { projectOf: (repository: string) => string },
): Promise<Survey> {
  const survey = makeSurvey(deps)
  for await (const object of storage.list('')) {
    signal.throwIfAborted()
    survey.add(object)
  }
  const namedBy = makeNamedBy(storage.get, survey.linksOf)
  await pMap(
    survey.revisions(),
    async ([digest, repository]) => {
      const { manifest, named } = await namedBy(digest, repository)
      if (named === undefined) survey.unreadable(manifest)
      else survey.references(manifest, named)
    },
    { ...MANIFESTS, signal },
  )
  for await (const object of storage.hidden(survey.unlisted)) {
    signal.throwIfAborted()
    survey.hide(object)
  }
  return survey.result()
}
