import { Type } from 'typebox'
import { Flag, NonEmpty, nonEmpty, Secret, Text } from './fields.ts'
import { section } from './section.ts'
import { Url } from './url-fields.ts'

// The keys have the names that distribution's drivers give them, written as keys are here: accountname is accountName.

const rootDirectory = Text("The rootdirectory of the registry's driver.", { default: '' })

export const azureStorage = Type.Refine(
  section('A container of Azure Blob Storage.', {
    type: Type.Literal('azure'),
    container: NonEmpty('The container.'),
    accountName: Type.Optional(NonEmpty('The storage account.')),
    accountKey: Type.Optional(Secret('A key of the account.')),
    connectionString: Type.Optional(
      Secret(
        'A connection string, with a key of the account or a shared access signature. Instead of accountName and accountKey.',
      ),
    ),
    realm: NonEmpty('The domain of the cloud: a national cloud has its own.', {
      default: 'core.windows.net',
    }),
    serviceUrl: Type.Optional(Url('The URL of the blob service. Default: that of the account in the realm.')),
    rootDirectory,
    legacyRootPrefix: Flag(
      "Whether names of blobs begin with a slash. Distribution 2.x writes them so, 3.x does not. At GitLab's registry: what legacyrootprefix is there.",
      { default: false },
    ),
  }),
  ({ accountName, accountKey, connectionString }) =>
    connectionString === undefined
      ? accountName !== undefined && accountKey !== undefined
      : accountName === undefined && accountKey === undefined,
  () => 'expected accountName with accountKey, or connectionString',
)

export const gcsStorage = section('A bucket of Google Cloud Storage.', {
  type: Type.Literal('gcs'),
  bucket: NonEmpty('The bucket.'),
  credentials: Type.Optional(
    Secret(
      "The key of a service account, or another configuration of credentials, in JSON. Default: Google's SDK looks in its usual places.",
      jsonMapping,
      { pem: true },
    ),
  ),
  rootDirectory,
  endpoint: Type.Optional(
    Url(
      "The URL of another server with this API. It gets credentials only if they are given. Default: Google's.",
    ),
  ),
})

export const ossStorage = section('A bucket of Alibaba Cloud OSS, read over its S3 protocol.', {
  type: Type.Literal('oss'),
  bucket: NonEmpty('The bucket.'),
  region: NonEmpty('The region, such as oss-cn-hangzhou.'),
  accessKeyId: Secret('The access key.'),
  accessKeySecret: Secret('The secret of the access key.'),
  rootDirectory,
  internal: Flag('Whether to use the network of Alibaba Cloud.', { default: false }),
  secure: Flag('Whether to use https.', { default: true }),
  endpoint: Type.Optional(
    Url('The URL of the S3 protocol of OSS, without the bucket. Default: that of the region.'),
  ),
})

function jsonMapping(raw: unknown): string {
  const text = nonEmpty(raw)
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'type' in parsed) return text
  } catch {}
  throw new RangeError("expected JSON of Google's, with the key type")
}
