import { startTallyman } from '../lab/tallyman.ts'
import { typesOf, writeTypes } from './make-types.ts'

const tallyman = await startTallyman()
try {
  await writeTypes(await typesOf((await tallyman.app.inject('/openapi.json')).json()))
} finally {
  await tallyman.close()
}
