import pMap from 'p-map'
import type { RegistryStorage } from '../storage/storage.ts'
import { makeNamedBy } from './named-by.ts'
import { makeSurvey, type Survey } from './survey.ts'

/** Manifests that are read at a time. */
const MANIFESTS = { concurrency: 16 }

/**
 * Surveys all of a registry's storage while others write to it: one listing of it, then each manifest once.
 * @throws whatever the storage throws
 */
export async function surveyStorage(
  storage: RegistryStorage,
  deps: { projectOf: (repository: string) => string },
): Promise<Survey> {
  const survey = makeSurvey(deps)
  for await (const object of storage.list('')) survey.add(object)
  const namedBy = makeNamedBy(storage.get, survey.linksOf)
  await pMap(
    survey.revisions(),
    async ([digest, repository]) => {
      const { manifest, named } = await namedBy(digest, repository)
      if (named === undefined) survey.unreadable(manifest)
      else survey.references(manifest, named)
    },
    MANIFESTS,
  )
  for await (const object of storage.hidden(survey.unlisted)) survey.hide(object)
  return survey.result()
}
