import { describe, expect, test } from 'vitest'
import { ecr } from '../../../src/expiry/dialects/ecr.ts'
import {
  ARCHIVE,
  any,
  archived,
  DAY,
  days,
  decide,
  image,
  NOW,
  newest,
  policy,
  prefixed,
  tagged,
  untagged,
} from './ecr-bed.ts'

/** A policy of one rule, with one change to it. */
const one = (change: object) => ({ rules: [{ ...policy([any, newest(1)]).rules[0], ...change }] })
const select = (selection: object) => one({ selection })

// Properties: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
// Evaluation rules: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
test.each([
  ['no object', 'rules', 'policy: expected an object'],
  ['no rules', {}, 'rules: it is missing'],
  ['an empty list of rules', { rules: [] }, 'rules: must not have fewer than 1 items'],
  ['a null', one({ description: null }), 'rules[0].description: expected a string'],
  ['an unknown field', { ...one({}), version: 1 }, 'version: no such field exists'],
  ['an unknown field of a rule', one({ enabled: true }), 'rules[0].enabled: no such field exists'],
  [
    'an unknown field of a selection',
    select({ ...any, ...newest(1), tagList: ['a'] }),
    'rules[0].selection.tagList: no such field exists',
  ],
  ['no priority', one({ rulePriority: undefined }), 'rules[0].rulePriority: '],
  ['the priority 0', one({ rulePriority: 0 }), 'rules[0].rulePriority: expected a number of at least 1'],
  ['half a priority', one({ rulePriority: 1.5 }), 'rules[0].rulePriority: expected an integer'],
  ['no selection', one({ selection: undefined }), 'rules[0].selection: '],
  [
    'another status',
    select({ tagStatus: 'TAGGED', ...newest(1) }),
    'rules[0].selection.tagStatus: expected tagged or untagged or any',
  ],
  [
    'a tagged rule without tags',
    select({ tagStatus: 'tagged', ...newest(1) }),
    'rules[0].selection.tagPatternList: a rule for tagged images needs',
  ],
  [
    'an empty list',
    select({ ...tagged(), ...newest(1) }),
    'rules[0].selection.tagPatternList: must not have fewer than 1 items',
  ],
  [
    'an empty prefix',
    select({ ...prefixed(''), ...newest(1) }),
    'rules[0].selection.tagPrefixList[0]: must not have fewer than 1 characters',
  ],
  [
    'patterns and prefixes',
    select({ ...tagged('a'), ...prefixed('a'), ...newest(1) }),
    'rules[0].selection.tagPrefixList: a rule has either',
  ],
  [
    'patterns for untagged images',
    select({ ...tagged('a'), ...untagged, ...newest(1) }),
    'rules[0].selection.tagPatternList: only a rule for tagged images',
  ],
  [
    'prefixes for any image',
    select({ ...prefixed('a'), ...any, ...newest(1) }),
    'rules[0].selection.tagPrefixList: only a rule for tagged images',
  ],
  [
    'five wildcards',
    select({ ...tagged('ok*', 'test*1*2*3*4*'), ...newest(1) }),
    'rules[0].selection.tagPatternList[1]: a pattern has at most 4 wildcards',
  ],
  [
    'another way to count',
    select({ ...any, ...newest(1), countType: 'sinceImageBuilt' }),
    'rules[0].selection.countType: expected imageCountMoreThan or sinceImagePushed or',
  ],
  [
    'the count 0',
    select({ ...any, ...newest(0) }),
    'rules[0].selection.countNumber: expected a number of at least 1',
  ],
  ['a text as count', select({ ...any, ...newest(1), countNumber: '5' }), 'rules[0].selection.countNumber: '],
  [
    'a count with a unit',
    select({ ...any, ...newest(1), countUnit: 'days' }),
    'rules[0].selection.countUnit: a count has no unit',
  ],
  [
    'an age without a unit',
    select({ ...any, ...newest(1), countType: 'sinceImagePushed' }),
    'rules[0].selection.countUnit: sinceImagePushed needs the unit days',
  ],
  [
    'an age in hours',
    select({ ...any, ...days(1), countUnit: 'hours' }),
    'rules[0].selection.countUnit: expected days',
  ],
  [
    'a count of archived images',
    select({ ...any, ...newest(1), storageClass: 'archive' }),
    'rules[0].selection.storageClass: the storage class of imageCountMoreThan is standard',
  ],
  [
    'a time of transition without the archive',
    select({ ...any, ...days(90, 'sinceImageTransitioned') }),
    'rules[0].selection.storageClass: sinceImageTransitioned needs',
  ],
  [
    'less than 90 days in the archive',
    select({ ...any, ...archived(89) }),
    'rules[0].selection.countNumber: an image stays archived for at least 90 days',
  ],
  [
    'archiving what is archived',
    policy([any, archived(90), ARCHIVE]),
    'rules[0].action.type: the action of sinceImageTransitioned is expire',
  ],
  [
    'expiring by pull',
    policy([any, days(90, 'sinceImagePulled')]),
    'rules[0].action.type: the action of sinceImagePulled is transition',
  ],
  [
    'another action',
    one({ action: { type: 'delete' } }),
    'rules[0].action.type: expected expire or transition',
  ],
  [
    'a transition to nowhere',
    one({ action: { type: 'transition' } }),
    'rules[0].action.targetStorageClass: a transition needs',
  ],
  [
    'a transition to somewhere else',
    one({ action: { type: 'transition', targetStorageClass: 'standard' } }),
    'rules[0].action.targetStorageClass: expected archive',
  ],
  [
    'an expiry to the archive',
    one({ action: { ...ARCHIVE, type: 'expire' } }),
    'rules[0].action.targetStorageClass: only a transition has a target',
  ],
  [
    'one priority twice',
    { rules: [...one({}).rules, ...select({ ...untagged, ...newest(1) }).rules] },
    'rules[1].rulePriority: another rule has the priority 1',
  ],
  [
    'any before another rule',
    policy([any, newest(1)], [untagged, newest(1)]),
    'rules[0].rulePriority: the rule for any image must have the highest number',
  ],
  ['any twice', policy([untagged, newest(1)], [any, newest(1)], [any, days(1)]), 'rules[1].rulePriority: '],
  [
    'untagged twice',
    policy([untagged, newest(1)], [untagged, days(1)]),
    'rules[1].selection.tagStatus: another rule selects "untagged" too',
  ],
  [
    'the same prefixes twice',
    policy([prefixed('a', 'b'), newest(1)], [prefixed('b', 'a', 'b'), days(1)]),
    'rules[1].selection.tagPrefixList: another rule selects ["a","b"] too',
  ],
  [
    '51 rules',
    policy(...Array.from({ length: 51 }, (_, at) => [tagged(`v${at}`), newest(1)] as [object, object])),
    'rules: must not have more than 50 items',
  ],
  [
    'more than 30,720 characters',
    one({ description: 'x'.repeat(30_720) }),
    'rules: a policy has at most 30720 characters',
  ],
  ['an answer without JSON', { lifecyclePolicyText: '{' }, 'lifecyclePolicyText: it is not JSON'],
  [
    'an answer with a wrong policy',
    { lifecyclePolicyText: JSON.stringify(one({ rulePriority: 0 })) },
    'rules[0].rulePriority: expected a number of at least 1',
  ],
  ['an unknown field of an answer', { lifecyclePolicyText: '{}', rules: [] }, 'rules: no such field exists'],
])('%s is refused', (_, document, message) => {
  expect(() => ecr.read(document)).toThrow(message)
})

describe('accepted', () => {
  test.each([
    ['four wildcards', select({ ...tagged('*test*1*2*3', 'test*1*2*3*'), ...newest(1) })],
    [
      'a storage class that says what holds anyway',
      select({ ...any, ...newest(1), storageClass: 'standard' }),
    ],
    ['any and untagged once per storage class', policy([any, days(30), ARCHIVE], [any, archived(90)])],
    ['any in the archive before rules for the rest', policy([any, archived(90)], [untagged, days(1)])],
    ['prefixes that overlap', policy([prefixed('a', 'b'), newest(1)], [prefixed('a'), newest(1)])],
    ['priorities with gaps', { rules: [...one({ rulePriority: 900 }).rules] }],
    ['fields that the API adds', { ...one({}), registryId: '1', repositoryName: 'app', lastEvaluatedAt: 0 }],
    ['no description', { rules: policy([any, newest(1)]).rules.map(({ description: _, ...rule }) => rule) }],
  ])('%s', (_, document) => {
    expect(() => ecr.read(document)).not.toThrow()
  })

  test('what aws ecr get-lifecycle-policy prints', () => {
    const answer = {
      registryId: '012345678901',
      repositoryName: 'app',
      lifecyclePolicyText: JSON.stringify(policy([any, days(1)])),
      lastEvaluatedAt: '2026-11-25T00:00:00+00:00',
    }
    expect(decide(answer, { old: image('old', ['v1'], 2) }).expired).toEqual(['old'])
  })
})

describe('warnings', () => {
  test.each([
    [policy([tagged('v*'), newest(1)], [any, newest(1)]), []],
    [policy([any, days(30), ARCHIVE]), [expect.stringContaining('Rule 1 archives images in ECR')]],
    [policy([any, archived(90)]), [expect.stringContaining('Rule 1 selects archived images')]],
    [
      policy([tagged('prod', 'staging'), newest(1)]),
      [expect.stringContaining('the list means "and", not "or"')],
    ],
    [
      policy([tagged('v[0-9]*'), newest(1)], [prefixed('pr-*'), newest(1)], [tagged('a/b'), newest(1)]),
      ['v[0-9]*', 'pr-*', 'a/b'].map((text, at) =>
        expect.stringContaining(`Rule ${at + 1} selects nothing: no tag can match "${text}"`),
      ),
    ],
    [policy([tagged('a\u202eb\n'), newest(1)]), [expect.stringContaining('"a\\u{202e}b\\u{a}"')]],
    [
      policy([tagged('*'), newest(9)], [prefixed('v'), days(1)]),
      [expect.stringContaining('Rule 2 has no effect: Rule 1 selects the same images')],
    ],
    [
      policy([prefixed('v'), newest(9)], [tagged('v*'), days(1)]),
      [expect.stringContaining('Rule 2 has no effect')],
    ],
  ])('about policy %#', (document, warnings) => {
    expect(decide(document, []).warnings).toEqual(warnings)
  })

  test('an image that expires with tags that the rule is not about', () => {
    const images = { both: image('both', ['pr-7', 'v1.0'], 90), pr: image('pr', ['pr-8', 'pr-9'], 90) }
    const { expired, warnings } = decide(policy([prefixed('pr-'), days(30)]), images)
    expect(expired).toEqual(['both', 'pr'])
    expect(warnings).toEqual(['Rule 1 expires images that also have tags that its list does not match: 1.'])
  })

  test('an image that expires though a tag is new', () => {
    const promoted = image('promoted', [], 90, {
      tags: [
        { name: 'v1', taggedAt: NOW - 90 * DAY },
        { name: 'v1-prod', taggedAt: NOW - 2 * DAY },
      ],
    })
    const { expired, warnings } = decide(policy([any, days(30)]), { promoted, old: image('old', ['v0'], 90) })
    expect(expired).toEqual(['promoted', 'old'])
    expect(warnings).toEqual([
      'Rule 1 expires images with a tag set in the last 30 days, because the push of the image is older: 1.',
    ])
  })
})
