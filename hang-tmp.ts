import { createServer } from 'node:http'
import { once } from 'node:events'
import { registryStorage } from './src/compose/registry-storage.ts'
const mode = process.argv[2]
const server = createServer((req, res) => { if (mode === 'body') { res.writeHead(200, {'content-type':'application/xml'}); res.write('<?xml version="1.0"?><ListBucketResult>') } })
await once(server.listen(0,'127.0.0.1'),'listening')
const endpoint = `http://127.0.0.1:${(server.address() as any).port}`
const cfgs: any = {
 s3: { type:'s3', endpoint, region:'us-east-1', bucket:'b', prefix:'', forcePathStyle:true, accessKeyId:'a', secretAccessKey:'b' },
 azure: { type: 'azure', container: 'c', rootDirectory: '', legacyRootPrefix: false, accountName: 'acc', accountKey: 'a2V5', serviceUrl: `${endpoint}/acc` },
 gcs: { type: 'gcs', bucket: 'b', rootDirectory: '', endpoint },
 swift: { type: 'swift', authUrl: `${endpoint}/auth/v1.0`, username: 'u', password: 'p', container: 'c', prefix: '', endpointType: 'public' },
}
await Promise.all(Object.keys(cfgs).map(async (k) => {
  const t = Date.now()
  try { for await (const _ of registryStorage(cfgs[k], { name: 'ci', reach: {} }).list('')) {} ; console.log(mode, k, 'ENDS', Date.now()-t) } catch (e: any) { console.log(mode, k, Date.now()-t, e.name, String(e.message).slice(0,120)) }
}))
process.exit(0)
