import { describeRegistry, describeTransfers } from './contract.ts'
import { LIKE_2_8, LIKE_THE_SPEC, startFakePeer, startRealPeer } from './contract-peers.ts'

const HTPASSWD = 'alice:$2b$05$f7WCXQb1o08uoyQlAvN9n./H/7Dy/qv6z0F/xBuijWlTGtAp.xKPq\n' // pw
const ALICE = { username: 'alice', password: 'pw' }

for (const describePeer of [describeRegistry, describeTransfers]) {
  describePeer('a registry as the spec says, with tokens', () => startFakePeer({}, 'tokens'), LIKE_THE_SPEC)
  describePeer('a registry that lacks what 2.8 lacks', () => startFakePeer(LIKE_2_8), LIKE_2_8)
  describePeer('docker registry 2.8, with tokens', () => startRealPeer({}, 'tokens'), LIKE_2_8)
}
describeRegistry('docker registry 2.8, anonymous', () => startRealPeer({}), LIKE_2_8)
describeRegistry(
  'docker registry 2.8, htpasswd',
  () => startRealPeer({ htpasswd: HTPASSWD }, ALICE),
  LIKE_2_8,
)
describeRegistry('docker registry 2.8, below a path', () => startRealPeer({ prefix: '/a/path/' }), LIKE_2_8)
