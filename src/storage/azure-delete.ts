import { type BlobClient, type ContainerClient, RestError } from '@azure/storage-blob'
import pMap from 'p-map'
import { codeOf } from './azure-client.ts'

/** The most deletes in a batch (Blob Batch in the REST API), and at a time where there are no batches. */
const IN_BATCH = 256
const ONE_BY_ONE = { concurrency: 16 }

/** Deletes blobs in batches, or one by one where the server or the login allows no batch. One that is gone is no error. */
export async function deleteBlobs(container: ContainerClient, blobs: readonly BlobClient[]): Promise<void> {
  const batches = container.getBlobBatchClient()
  for (let from = 0; from < blobs.length; from += IN_BATCH) {
    const some = blobs.slice(from, from + IN_BATCH)
    const answer = await batches.deleteBlobs([...some]).catch((error: unknown) => {
      if (
        error instanceof RestError &&
        error.statusCode !== undefined &&
        codeOf(error) !== 'ContainerNotFound'
      )
        return undefined
      throw error
    })
    if (answer === undefined) await pMap(some, (blob) => blob.deleteIfExists(), ONE_BY_ONE)
    const failed = (answer?.subResponses ?? []).flatMap(({ status, errorCode, statusMessage }, index) => {
      const isGone = status < 300 || (status === 404 && errorCode !== 'ContainerNotFound')
      return isGone ? [] : [`${some[index]?.name}: ${status} ${errorCode ?? statusMessage}`]
    })
    if (failed.length > 0)
      throw new Error(
        `${failed.length} of ${some.length} blobs were not deleted, for example ${failed.slice(0, 1)}`,
      )
  }
}
