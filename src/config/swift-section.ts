import { Type } from 'typebox'
import { swiftAuthVersion } from '../storage/swift-auth-version.ts'
import { Choice, NonEmpty, Secret, Text } from './fields.ts'
import { Integer } from './quantity-fields.ts'
import { section } from './section.ts'
import { Url } from './url-fields.ts'

/** The storage of a registry with distribution's driver `swift`. */
export const swiftStorage = Type.Refine(
  Type.Refine(
    section("A container of OpenStack Swift. Most keys are those of the registry's driver.", {
      type: Type.Literal('swift'),
      authUrl: Url('The URL to log in at: of Keystone, with /v3, or of auth version 1.'),
      authVersion: Type.Optional(
        Integer('3 for Keystone, 1 for TempAuth and the like. Default: what authUrl has in it.', 1, 3),
      ),
      username: Type.Optional(NonEmpty('The user by name.')),
      userId: Type.Optional(NonEmpty('The user by id, instead of username. Only at Keystone.')),
      password: Type.Optional(Secret('The password of the user.')),
      applicationCredentialId: Type.Optional(
        NonEmpty('An application credential of Keystone, instead of a user and a project.'),
      ),
      applicationCredentialSecret: Type.Optional(Secret('The secret of the application credential.')),
      tenant: Type.Optional(NonEmpty('The project by name. Default: the default project of the user.')),
      tenantId: Type.Optional(NonEmpty('The project by id.')),
      domain: Type.Optional(
        NonEmpty('The domain of the user, by name. Default: the one with the id default.'),
      ),
      domainId: Type.Optional(NonEmpty('The domain of the user, by id.')),
      tenantDomain: Type.Optional(NonEmpty('The domain of the project, by name. Default: that of the user.')),
      tenantDomainId: Type.Optional(NonEmpty('The domain of the project, by id.')),
      region: Type.Optional(NonEmpty('The region. Needed if the catalogue of Keystone has several.')),
      endpointType: Choice(
        'Which URL of the catalogue of Keystone to use.',
        ['public', 'internal', 'admin'],
        { default: 'public' },
      ),
      container: NonEmpty('The container.'),
      prefix: Text("The prefix of the registry's driver, as it is there.", { default: '' }),
    }),
    ({ username, userId, password, applicationCredentialId: id, applicationCredentialSecret: secret }) =>
      id === undefined && secret === undefined
        ? (username === undefined) !== (userId === undefined) && password !== undefined
        : id !== undefined &&
          secret !== undefined &&
          [username, userId, password].every((key) => key === undefined),
    () =>
      'expected password with either username or userId, or applicationCredentialId with applicationCredentialSecret',
  ),
  ({ authUrl, authVersion, username }) => {
    if (typeof authUrl !== 'string') return true // It has an error of its own.
    const version = swiftAuthVersion(authUrl, authVersion)
    return version === 3 || (version === 1 && username !== undefined)
  },
  () =>
    'expected authVersion 1 or 3, since authUrl has neither v1 nor v3 in it; and for version 1 a username',
)
