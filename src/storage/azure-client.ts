import {
  BlobServiceClient,
  type ContainerClient,
  newPipeline,
  type Pipeline,
  type RequestPolicyFactory,
  RestError,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'

/** How long a request may take until the answer begins. By default the SDK waits for ever. */
const ANSWER_MS = 60_000

export interface AzureAccount {
  container: string
  /** The account, with the key. */
  accountName?: string
  accountKey?: string
  /** Instead of these two: with a key, or with a shared access signature. */
  connectionString?: string
  /** The domain of the cloud; a national cloud has its own. Default: core.windows.net. */
  realm?: string
  /** The URL of the blob service. Default: that of the account in `realm`. */
  serviceUrl?: string
}

/** A client of the account that makes three attempts. @throws if neither a key nor a connection string is given */
export function makeAzureService(account: AzureAccount): BlobServiceClient {
  const { url, credential } = serviceOf(account)
  const pipeline: Pipeline = newPipeline(credential, { retryOptions: { maxTries: 3 } })
  pipeline.factories.push(answersInTime)
  return new BlobServiceClient(url, pipeline)
}

/** A client of the container. */
export const makeAzureContainer = (account: AzureAccount): ContainerClient =>
  makeAzureService(account).getContainerClient(account.container)

function serviceOf({ accountName, accountKey, connectionString, realm = REALM, serviceUrl }: AzureAccount) {
  // Its URL holds the shared access signature, if that is what the string has.
  if (connectionString !== undefined) return BlobServiceClient.fromConnectionString(connectionString)
  if (accountName === undefined || accountKey === undefined)
    throw new TypeError('expected an account with its key, or a connection string')
  return {
    url: serviceUrl ?? `https://${accountName}.blob.${realm}`,
    credential: new StorageSharedKeyCredential(accountName, accountKey),
  }
}

const REALM = 'core.windows.net'

const answersInTime: RequestPolicyFactory = {
  create: (next) => ({
    sendRequest(request) {
      request.timeout = ANSWER_MS
      return next.sendRequest(request)
    },
  }),
}

/** The code of the service's answer. The SDK reads it from the body alone, and an answer to a HEAD has none. */
export const codeOf = (error: RestError): string | undefined =>
  error.response?.headers.get('x-ms-error-code') ?? error.code

/** A container that is missing is also a 404, and is thrown. */
export function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof RestError && error.statusCode === 404 && codeOf(error) !== 'ContainerNotFound') return
  throw error
}
