import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { pagesUntilLast } from './pages-until-last.ts'

/**
 * The pages of a list of objects. The paginator of the SDK takes an answer without a body for an empty list, and a server that
 * knows only the first version of the list, and sends no token, for one that has no more. What a list lacks looks like garbage.
 * @throws Error if an answer is no page of the list, or does not say where the next one begins
 */
export const listPages = (
  client: S3Client,
  input: ListObjectsV2CommandInput,
): AsyncIterable<ListObjectsV2CommandOutput> =>
  pagesUntilLast(
    async (place?: { ContinuationToken: string }) => {
      const page = await client.send(new ListObjectsV2Command({ ...input, ...place }))
      if (page.IsTruncated === undefined)
        throw notAList(input, 'does not say whether more follows, as an answer to ListObjectsV2 does')
      return page
    },
    ({ IsTruncated, NextContinuationToken }) => {
      if (!IsTruncated) return undefined
      if (!NextContinuationToken)
        throw notAList(input, 'says that more follows, and not where: the server may not know ListObjectsV2')
      return { ContinuationToken: NextContinuationToken }
    },
  )

const notAList = ({ Bucket }: ListObjectsV2CommandInput, why: string): Error =>
  new Error(`the answer to a list of the bucket ${Bucket} ${why}`)
