import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ReplicationRule,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { folderOf, makeS3Client, type S3StoreOptions, undefinedIfAbsent } from '../../store/s3-client.ts'
import { findRoots } from './find-roots.ts'
import { lifecycleOfS3 } from './s3-lifecycle.ts'
import {
  NOBODYS_KEY,
  type Replica,
  type Retention,
  type StorageInspector,
  type StorageSettings,
  type Told,
  told,
} from './storage-settings.ts'

/** Classes from which an object must be restored before it can be read. */
const ARCHIVES = /^(GLACIER|DEEP_ARCHIVE|Archive|ColdArchive|DeepColdArchive)$/
const DAYS_IN_YEAR = 365

/** Asks a bucket of S3 or of a server with its protocol. `rootKey`: how the configuration calls the prefix. */
export function makeS3Inspector(options: S3StoreOptions, rootKey = 'prefix'): StorageInspector {
  const { bucket: Bucket, prefix, ...connection } = options
  const client = makeS3Client(connection)
  const clock = clockOf(client)
  const root = folderOf(prefix.replace(/^\/+/, ''))

  async function folders(path: string): Promise<string[]> {
    const input = { Bucket, Prefix: path, Delimiter: '/' }
    const { CommonPrefixes = [] } = await client.send(new ListObjectsV2Command(input))
    return CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(path.length))
  }

  return {
    root,
    async settings() {
      const list = await told(async () => {
        await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1, Prefix: root }))
        return true
      }, ifForbidden)
      const [lifecycle, versioning, retention, replication] = await Promise.all([
        told(
          async () => {
            const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
            return lifecycleOfS3(Rules)
          },
          ifNamed('NoSuchLifecycleConfiguration', []),
        ),
        told(async () => {
          const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }))
          return Status === 'Enabled' ? 'on' : Status === 'Suspended' ? 'suspended' : 'off'
        }),
        told(() => retentionOf(client, Bucket), ifNamed('ObjectLockConfigurationNotFoundError', [])),
        told(
          async () => {
            const found = await client.send(new GetBucketReplicationCommand({ Bucket }))
            return (found.ReplicationConfiguration?.Rules ?? []).flatMap(replicaOf)
          },
          ifNamed('ReplicationConfigurationNotFoundError', []),
        ),
      ])
      const settings: StorageSettings = { lifecycle, versioning, retention, replication, may: { list } }
      settings.may.write = await mayWrite(client, { Bucket, Key: root + NOBODYS_KEY() }, settings)
      settings.may.delete = await mayDelete(client, { Bucket, Key: root + NOBODYS_KEY() }, settings)
      const at = clock()
      return { ...settings, ...(at !== undefined && { clock: { value: at } }) }
    },
    async look(key) {
      const found = await client
        .send(new HeadObjectCommand({ Bucket, Key: root + key }))
        .catch(undefinedIfAbsent)
      if (found === undefined) return undefined
      const { Expiration, StorageClass = '', ObjectLockLegalHoldStatus: hold, LastModified } = found
      const until = found.ObjectLockRetainUntilDate
      const held =
        hold === 'ON' ? 'a legal hold' : until && `object lock until ${until.toISOString().slice(0, 10)}`
      const isArchived =
        ARCHIVES.test(StorageClass) && (await isUnreadable(client, { Bucket, Key: root + key }))
      return {
        ...{ key, modifiedAt: LastModified ?? new Date(0) },
        ...(Expiration !== undefined && { expires: Expiration }),
        ...(held && { held }),
        ...(isArchived && { archived: StorageClass }),
      }
    },
    elsewhere: async () =>
      (await findRoots(folders)).map((found) => `${rootKey}: '${found.replace(/\/$/, '')}'`),
  }
}

async function retentionOf(client: S3Client, Bucket: string): Promise<Retention[]> {
  const found = await client.send(new GetObjectLockConfigurationCommand({ Bucket }))
  const { ObjectLockEnabled, Rule } = found.ObjectLockConfiguration ?? {}
  if (ObjectLockEnabled !== 'Enabled') return []
  const { Mode, Days, Years } = Rule?.DefaultRetention ?? {}
  const days = Days ?? (Years === undefined ? undefined : Years * DAYS_IN_YEAR)
  if (days === undefined)
    return [{ how: 'object lock without a retention of the whole bucket', stops: 'single' }]
  return [{ how: `object lock in the mode ${Mode} for ${days} days`, days, stops: 'old-versions' }]
}

function replicaOf({
  Status,
  Filter,
  Prefix,
  Destination,
  DeleteMarkerReplication,
}: ReplicationRule): Replica[] {
  if (Status !== 'Enabled') return []
  return [
    {
      to: `the bucket ${Destination?.Bucket ?? '(not told)'}`,
      prefixes: [Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? ''],
      // A rule of the first version of the configuration, which has no filter, always passes them on.
      passesDeletes: DeleteMarkerReplication?.Status === 'Enabled' || Filter === undefined,
    },
  ]
}

/**
 * Whether the login may write: an object whose MD5 is announced wrong. The store checks the login before it refuses that, and
 * stores nothing. Should a server store it, it is deleted again; so it is not tried where a delete would not remove it.
 */
async function mayWrite(
  client: S3Client,
  at: { Bucket: string; Key: string },
  { retention }: StorageSettings,
): Promise<Told<boolean>> {
  const mayStay =
    retention === undefined ||
    !('value' in retention) ||
    retention.value.some(({ days }) => days !== undefined)
  if (mayStay) return { unknown: 'not tried: the store might keep what is written' }
  const WRONG_MD5 = Buffer.alloc(16).toString('base64')
  return told(
    async () => {
      const { VersionId } = await client.send(
        new PutObjectCommand({ ...at, Body: 'x', ContentMD5: WRONG_MD5 }),
      )
      await client.send(new DeleteObjectCommand({ ...at, ...(VersionId !== undefined && { VersionId }) }))
      return true
    },
    (error) =>
      ifForbidden(error) ?? ifNamed('BadDigest', true)(error) ?? ifNamed('InvalidDigest', true)(error),
  )
}

/** Whether the login may delete: an object that is not there. A versioned bucket would keep a mark of that delete. */
async function mayDelete(
  client: S3Client,
  at: { Bucket: string; Key: string },
  { versioning }: StorageSettings,
): Promise<Told<boolean>> {
  if (!(versioning !== undefined && 'value' in versioning && versioning.value === 'off'))
    return { unknown: 'not tried: a versioned bucket would keep a mark of the delete' }
  return told(async () => {
    await client.send(new DeleteObjectCommand(at))
    return true
  }, ifForbidden)
}

const ifForbidden = (error: unknown): { value: boolean } | undefined =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403 ? { value: false } : undefined

const ifNamed =
  <T>(name: string, value: T) =>
  (error: unknown): { value: T } | undefined =>
    error instanceof S3ServiceException && error.name === name ? { value } : undefined

/** Whether it must be restored first. Other servers than Amazon's give these names to classes of any kind. */
async function isUnreadable(client: S3Client, at: { Bucket: string; Key: string }): Promise<boolean> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ ...at, Range: 'bytes=0-0' }))
    await Body?.transformToByteArray()
    return false
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'InvalidObjectState') return true
    throw error
  }
}

/** Notes the clock of the store, which each of its answers tells. */
function clockOf(client: S3Client): () => { theirs: number; ours: number } | undefined {
  let last: { theirs: number; ours: number } | undefined
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers = {} } = result.response as { headers?: Record<string, string> }
      const theirs = Date.parse(headers.date ?? '')
      if (!Number.isNaN(theirs)) last = { theirs, ours: Date.now() }
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'clockOfTheStore' },
  )
  return () => last
}
