import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortForApply } from '../../src/graph/apply-order.ts'
import { names, reasons, setOf } from './sets.ts'

const object = (apiVersion: string, kind: string, name: string, more = '') =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n${more}`
const pod = (spec: string) => `spec: {${spec}${spec === '' ? '' : ', '}containers: [{name: c, image: i}]}\n`
const template = (spec: string, labels = '') =>
  `spec: {template: {metadata: {labels: {${labels}}}, ${pod(spec).trim()}}}\n`

const configMap = object('v1', 'ConfigMap', 'env')
const secret = object('v1', 'Secret', 'key')
const deployment = (spec: string) => object('apps/v1', 'Deployment', 'web', template(spec))
const containers = (list: string, entry: string) =>
  `${object('v1', 'Pod', 'p')}spec: {${list}: [{name: c, image: i, ${entry}}]${list === 'containers' ? '' : ', containers: [{name: d, image: i}]'}}\n`

/** A set, and the one reason that its order has. */
const cases: Record<string, [string, string]> = {
  'envFrom a ConfigMap': [
    configMap + deployment('').replace('image: i', 'image: i, envFrom: [{configMapRef: {name: env}}]'),
    'Deployment default/web reads ConfigMap default/env in spec.template.spec.containers[0].envFrom[0]',
  ],
  'envFrom a Secret, in an init container': [
    secret + containers('initContainers', 'envFrom: [{prefix: A}, {secretRef: {name: key}}]'),
    'Pod default/p reads Secret default/key in spec.initContainers[0].envFrom[1]',
  ],
  'a key of a ConfigMap in env': [
    configMap + containers('containers', 'env: [{name: A, valueFrom: {configMapKeyRef: {name: env, key: a}}}]'),
    'Pod default/p reads ConfigMap default/env in spec.containers[0].env[0]',
  ],
  'a key of a Secret in env, optional or not': [
    secret +
      containers('containers', 'env: [{name: A, valueFrom: {secretKeyRef: {name: key, key: a, optional: true}}}]'),
    'Pod default/p reads Secret default/key in spec.containers[0].env[0]',
  ],
  'a volume of a ConfigMap': [
    configMap + deployment('volumes: [{name: v, configMap: {name: env}}]'),
    'Deployment default/web reads ConfigMap default/env in spec.template.spec.volumes[0]',
  ],
  'a volume of a Secret': [
    secret + deployment('volumes: [{name: v, secret: {secretName: key}}]'),
    'Deployment default/web reads Secret default/key in spec.template.spec.volumes[0]',
  ],
  'a projected volume': [
    secret + deployment('volumes: [{name: v, projected: {sources: [{secret: {name: key}}]}}]'),
    'Deployment default/web reads Secret default/key in spec.template.spec.volumes[0].projected.sources[0]',
  ],
  'the credentials of a volume': [
    secret + deployment('volumes: [{name: v, cephfs: {monitors: [m], secretRef: {name: key}}}]'),
    'Deployment default/web reads Secret default/key in spec.template.spec.volumes[0]',
  ],
  'the Secret for pulling images': [
    secret + deployment('imagePullSecrets: [{name: key}]'),
    'Deployment default/web reads Secret default/key in spec.template.spec.imagePullSecrets[0]',
  ],
  'the Secret for pulling images of a ServiceAccount': [
    `${secret}${object('v1', 'ServiceAccount', 'sa')}imagePullSecrets: [{name: key}]\n`,
    'ServiceAccount default/sa reads Secret default/key in imagePullSecrets[0]',
  ],
  'a claim': [
    object('v1', 'PersistentVolumeClaim', 'data') +
      deployment('volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]'),
    'Deployment default/web mounts PersistentVolumeClaim default/data in spec.template.spec.volumes[0]',
  ],
  'a ServiceAccount': [
    object('v1', 'ServiceAccount', 'sa') + deployment('serviceAccountName: sa'),
    'Deployment default/web runs as ServiceAccount default/sa in spec.template.spec.serviceAccountName',
  ],
  'a ServiceAccount of a CronJob': [
    `${object('v1', 'ServiceAccount', 'sa')}${object('batch/v1', 'CronJob', 'tick')}spec: {jobTemplate: {${template('serviceAccountName: sa').trim()}}}\n`,
    'CronJob default/tick runs as ServiceAccount default/sa in spec.jobTemplate.spec.template.spec.serviceAccountName',
  ],
  'a PriorityClass': [
    object('scheduling.k8s.io/v1', 'PriorityClass', 'high') + deployment('priorityClassName: high'),
    'Deployment default/web uses PriorityClass high in spec.template.spec.priorityClassName',
  ],
  'the PriorityClass that is the default': [
    `${object('scheduling.k8s.io/v1', 'PriorityClass', 'usual')}globalDefault: true\n${deployment('')}`,
    'PriorityClass usual is the default for Deployment default/web',
  ],
  'a RuntimeClass of any version': [
    object('node.k8s.io/v1beta1', 'RuntimeClass', 'sandbox') + deployment('runtimeClassName: sandbox'),
    'Deployment default/web uses RuntimeClass sandbox in spec.template.spec.runtimeClassName',
  ],
  'a StorageClass of a claim': [
    object('storage.k8s.io/v1', 'StorageClass', 'fast') +
      object('v1', 'PersistentVolumeClaim', 'data', 'spec: {storageClassName: fast}\n'),
    'PersistentVolumeClaim default/data uses StorageClass fast in spec.storageClassName',
  ],
  'the StorageClass that is the default': [
    object('storage.k8s.io/v1', 'StorageClass', 'usual').replace(
      '{name: usual}',
      '{name: usual, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}',
    ) + object('v1', 'PersistentVolumeClaim', 'data', 'spec: {}\n'),
    'StorageClass usual is the default for PersistentVolumeClaim default/data',
  ],
  'a StorageClass of a template of claims': [
    object('storage.k8s.io/v1', 'StorageClass', 'fast') +
      object('apps/v1', 'StatefulSet', 'db', 'spec: {volumeClaimTemplates: [{spec: {storageClassName: fast}}]}\n'),
    'StatefulSet default/db uses StorageClass fast in spec.volumeClaimTemplates[0]',
  ],
  'the volume that a claim asks for': [
    object('v1', 'PersistentVolume', 'disk') +
      object('v1', 'PersistentVolumeClaim', 'data', 'spec: {volumeName: disk}\n'),
    'PersistentVolumeClaim default/data binds PersistentVolume disk in spec.volumeName',
  ],
  'the Service of a StatefulSet': [
    object('v1', 'Service', 'db') + object('apps/v1', 'StatefulSet', 'db', 'spec: {serviceName: db}\n'),
    'StatefulSet default/db is governed by Service default/db in spec.serviceName',
  ],
  'the IngressClass of an Ingress': [
    object('networking.k8s.io/v1', 'IngressClass', 'edge') +
      object('networking.k8s.io/v1', 'Ingress', 'web', 'spec: {ingressClassName: edge}\n'),
    'Ingress default/web uses IngressClass edge in spec.ingressClassName',
  ],
  'the Service behind an Ingress': [
    object('v1', 'Service', 'web') +
      object(
        'networking.k8s.io/v1',
        'Ingress',
        'web',
        'spec: {rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}\n',
      ),
    'Ingress default/web routes to Service default/web in spec.rules[0].http.paths[0]',
  ],
  'the target of an autoscaler': [
    object('apps/v1', 'Deployment', 'web') +
      object(
        'autoscaling/v2',
        'HorizontalPodAutoscaler',
        'web',
        'spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n',
      ),
    'HorizontalPodAutoscaler default/web scales Deployment default/web in spec.scaleTargetRef',
  ],
  'the budget of Pods, by labels': [
    object('policy/v1', 'PodDisruptionBudget', 'web', 'spec: {selector: {matchLabels: {a: b}}}\n') +
      object('apps/v1', 'Deployment', 'web', template('', 'a: b, c: d')),
    'PodDisruptionBudget default/web guards the Pods of Deployment default/web',
  ],
  'the budget of Pods, by expressions': [
    object(
      'policy/v1',
      'PodDisruptionBudget',
      'web',
      'spec: {selector: {matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: d, operator: DoesNotExist}]}}\n',
    ) + object('apps/v1', 'Deployment', 'web', template('', 'a: b')),
    'PodDisruptionBudget default/web guards the Pods of Deployment default/web',
  ],
  'a Role': [
    object('rbac.authorization.k8s.io/v1', 'Role', 'r') +
      object(
        'rbac.authorization.k8s.io/v1',
        'RoleBinding',
        'b',
        'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\n',
      ),
    'RoleBinding default/b grants Role default/r in roleRef',
  ],
  'a ClusterRole, bound in a namespace': [
    object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'r') +
      object(
        'rbac.authorization.k8s.io/v1',
        'RoleBinding',
        'b',
        'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\n',
      ),
    'RoleBinding default/b grants ClusterRole r in roleRef',
  ],
  'the ServiceAccount of a binding, in the subject’s namespace': [
    object('v1', 'ServiceAccount', 'sa') +
      object(
        'rbac.authorization.k8s.io/v1',
        'ClusterRoleBinding',
        'b',
        'subjects: [{kind: User, name: sa}, {kind: ServiceAccount, name: sa, namespace: default}]\n',
      ),
    'ClusterRoleBinding b grants permissions to ServiceAccount default/sa in subjects[1]',
  ],
  'the rights of a ServiceAccount that is not in the set': [
    object(
      'rbac.authorization.k8s.io/v1',
      'ClusterRoleBinding',
      'b',
      'subjects: [{kind: ServiceAccount, name: sa, namespace: default}]\n',
    ) + deployment('serviceAccountName: sa'),
    'Deployment default/web needs the permissions that ClusterRoleBinding b grants',
  ],
  'the ServiceAccount of a token': [
    `${object('v1', 'ServiceAccount', 'sa')}${object('v1', 'Secret', 'token').replace('{name: token}', '{name: token, annotations: {kubernetes.io/service-account.name: sa}}')}`,
    'Secret default/token holds a token of ServiceAccount default/sa in metadata.annotations.kubernetes.io/service-account.name',
  ],
  'the rights that all accounts of a namespace have': [
    object(
      'rbac.authorization.k8s.io/v1',
      'ClusterRoleBinding',
      'b',
      "subjects: [{kind: Group, name: 'system:serviceaccounts:default'}]\n",
    ) + deployment(''),
    'Deployment default/web needs the permissions that ClusterRoleBinding b grants',
  ],
  'a class of devices': [
    object('resource.k8s.io/v1', 'DeviceClass', 'gpu') +
      object(
        'resource.k8s.io/v1',
        'ResourceClaim',
        'one',
        'spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu}}]}}\n',
      ),
    'ResourceClaim default/one uses DeviceClass gpu in spec.devices.requests[0]',
  ],
  'a quota': [
    object('v1', 'ResourceQuota', 'q') + deployment(''),
    'ResourceQuota default/q applies to Pods created after it, including those of Deployment default/web',
  ],
  'a limit range': [
    object('v1', 'LimitRange', 'q') + object('v1', 'Pod', 'p', pod('')),
    'LimitRange default/q applies to Pods created after it, including those of Pod default/p',
  ],
  'a network policy': [
    object('networking.k8s.io/v1', 'NetworkPolicy', 'q') + deployment(''),
    'NetworkPolicy default/q applies to Pods created after it, including those of Deployment default/web',
  ],
  'the kind of a custom resource, whatever its version': [
    object(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      'widgets.example.com',
      'spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true}]}\n',
    ) + object('example.com/v1', 'Widget', 'w'),
    'CustomResourceDefinition widgets.example.com defines the kind of Widget.example.com default/w',
  ],
  'the kind of an aggregated API': [
    object('apiregistration.k8s.io/v1', 'APIService', 'v1.example.com', 'spec: {group: example.com, version: v1}\n') +
      object('example.com/v1', 'Widget', 'w'),
    'APIService v1.example.com serves the kind of Widget.example.com default/w',
  ],
  'what answers a webhook: its Service': [
    object('v1', 'Service', 'hook') +
      object(
        'admissionregistration.k8s.io/v1',
        'ValidatingWebhookConfiguration',
        'hook',
        'webhooks: [{name: a.b.c, clientConfig: {service: {name: hook, namespace: default}}}]\n',
      ),
    'ValidatingWebhookConfiguration hook is answered by Service default/hook in webhooks[0]',
  ],
  'what answers an aggregated API: its Service': [
    object('v1', 'Service', 'api') +
      object(
        'apiregistration.k8s.io/v1',
        'APIService',
        'v1.example.com',
        'spec: {group: example.com, version: v1, service: {name: api, namespace: default}}\n',
      ),
    'APIService v1.example.com is answered by Service default/api in spec.service',
  ],
  'a policy of admission and its binding': [
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'p') +
      object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', 'b', 'spec: {policyName: p}\n'),
    'ValidatingAdmissionPolicyBinding b refers to ValidatingAdmissionPolicy p in spec.policyName',
  ],
  'a policy of admission and what it judges': [
    object(
      'admissionregistration.k8s.io/v1',
      'ValidatingAdmissionPolicy',
      'p',
      `spec: {matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: ["*"], resources: ['*/*']}]}}\n`,
    ) + deployment(''),
    'ValidatingAdmissionPolicy p validates objects applied after it, including Deployment default/web',
  ],
  'a GatewayClass, by the name of the field': [
    object('gateway.networking.k8s.io/v1', 'GatewayClass', 'shared') +
      object('gateway.networking.k8s.io/v1', 'Gateway', 'g', 'spec: {gatewayClassName: shared}\n'),
    'Gateway default/g uses GatewayClass shared in spec.gatewayClassName',
  ],
  'the Gateway of a route, in its namespace': [
    `${object('gateway.networking.k8s.io/v1', 'Gateway', 'g').replace('{name: g}', '{name: g, namespace: infra}')}${object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'r', 'spec: {parentRefs: [{name: g, namespace: infra}]}\n')}`,
    'HTTPRoute default/r attaches to Gateway infra/g in spec.parentRefs[0]',
  ],
  'what a custom resource names with its kind': [
    object('cert-manager.io/v1', 'ClusterIssuer', 'ca') +
      object('cert-manager.io/v1', 'Certificate', 'web', 'spec: {issuerRef: {kind: ClusterIssuer, name: ca}}\n'),
    'Certificate.cert-manager.io default/web refers to ClusterIssuer.cert-manager.io ca in spec.issuerRef',
  ],
  'what a custom resource names with its kind, in another group': [
    object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'apps') +
      object(
        'kustomize.toolkit.fluxcd.io/v1',
        'Kustomization',
        'apps',
        'spec: {sourceRef: {kind: GitRepository, name: apps}}\n',
      ),
    'Kustomization.kustomize.toolkit.fluxcd.io default/apps refers to GitRepository.source.toolkit.fluxcd.io default/apps in spec.sourceRef',
  ],
  'the Pods inside of a custom resource': [
    configMap +
      object('argoproj.io/v1alpha1', 'Rollout', 'web', template('volumes: [{name: v, configMap: {name: env}}]')),
    'Rollout.argoproj.io default/web reads ConfigMap default/env in spec.template.spec.volumes[0]',
  ],
  'the Pods inside of a custom resource, wherever they are': [
    secret +
      object(
        'example.com/v1',
        'Fleet',
        'f',
        'spec: {groups: [{name: a, pods: {containers: [{image: i, envFrom: [{secretRef: {name: key}}]}]}}]}\n',
      ),
    'Fleet.example.com default/f reads Secret default/key in spec.groups[0].pods.containers[0].envFrom[0]',
  ],
}
for (const [what, [yaml, reason]] of Object.entries(cases)) {
  test(`an edge for ${what}`, () => {
    assert.deepEqual(reasons(yaml), [reason])
    const backwards = yaml.split('---\n').toReversed().join('---\n')
    assert.deepEqual(reasons(backwards), [reason])
  })
}

test('many budgets with one selector, and many Pods that it selects, need no more edges than objects', () => {
  const budgets = Array.from({ length: 50 }, (_, index) =>
    object('policy/v1', 'PodDisruptionBudget', `b-${index}`, 'spec: {selector: {matchLabels: {a: b}}}\n'),
  )
  const workloads = Array.from({ length: 50 }, (_, index) =>
    object('apps/v1', 'Deployment', `w-${index}`, template('', 'a: b')),
  )
  assert.equal(reasons([...budgets, ...workloads].join('')).length, 100)
})

/** Sets whose objects do not name each other, although they look as if they did. */
const none: Record<string, string> = {
  'a ConfigMap in another namespace':
    configMap.replace('{name: env}', '{name: env, namespace: other}') +
    deployment('volumes: [{name: v, configMap: {name: env}}]'),
  'a Secret with the name of a ConfigMap': secret + deployment('volumes: [{name: v, configMap: {name: key}}]'),
  'a custom resource with the kind of a built-in one':
    object('v1', 'Service', 'web') + object('serving.knative.dev/v1', 'Service', 'other', 'spec: {selector: {a: b}}\n'),
  'a budget for other Pods':
    object('policy/v1', 'PodDisruptionBudget', 'web', 'spec: {selector: {matchLabels: {a: c}}}\n') +
    object('apps/v1', 'Deployment', 'web', template('', 'a: b')),
  'a definition that nothing uses':
    object(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      'widgets.example.com',
      'spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true}]}\n',
    ) + object('other.com/v1', 'Widget', 'w'),
  'a Service that selects nothing, behind a webhook': `${object('v1', 'Service', 'other', 'spec: {selector: {}}\n')}${deployment('')}`,
  'a default class, where an annotation names one':
    object('networking.k8s.io/v1', 'IngressClass', 'usual').replace(
      '{name: usual}',
      '{name: usual, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}',
    ) +
    object('networking.k8s.io/v1', 'Ingress', 'web', 'spec: {}\n').replace(
      '{name: web}',
      '{name: web, annotations: {kubernetes.io/ingress.class: nginx}}',
    ),
  'a quota of another namespace':
    object('v1', 'ResourceQuota', 'q').replace('{name: q}', '{name: q, namespace: other}') + deployment(''),
}
for (const [what, yaml] of Object.entries(none)) test(`no edge for ${what}`, () => assert.deepEqual(reasons(yaml), []))

test('a reference to an object outside of the set is listed, and is not an error', () => {
  const { problems, warnings, graph } = sortForApply(
    setOf(deployment('serviceAccountName: gone, priorityClassName: high')),
  )
  assert.deepEqual([problems, warnings], [[], []])
  assert.deepEqual(
    graph.external.map(({ id, path }) => `${id.kind} ${id.namespace}/${id.name} ${path.join('.')}`),
    [
      'ServiceAccount default/gone spec.template.spec.serviceAccountName',
      'PriorityClass /high spec.template.spec.priorityClassName',
    ],
  )
})

test('a webhook comes after the Deployment behind its Service, and so do the resources that it converts', () => {
  const set = setOf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true}],
   conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: hook, namespace: default}}}}}
${object('example.com/v1', 'Widget', 'w')}
${object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'a-hook', 'webhooks: [{name: a.b.c, clientConfig: {service: {name: hook, namespace: default}}}]')}
${object('v1', 'Service', 'hook', 'spec: {selector: {app: hook}}')}
${object('apps/v1', 'Deployment', 'controller', template('', 'app: hook'))}`)
  assert.deepEqual(names(sortForApply(set)), [
    'CustomResourceDefinition widgets.example.com',
    'Service default/hook',
    'Deployment default/controller',
    'Widget.example.com default/w',
    'MutatingWebhookConfiguration a-hook',
  ])
})

test('many quotas and many Pods need as many edges as objects, not as many as pairs', () => {
  const many = (kind: string, api: string, count: number, more = '') =>
    Array.from({ length: count }, (_, index) => object(api, kind, `n-${index}`, more)).join('')
  const { graph } = sortForApply(setOf(many('ResourceQuota', 'v1', 100) + many('Pod', 'v1', 200, pod(''))))
  assert.equal(graph.edges.length, 300)
})

test('the parameter of an admission policy comes before its binding, and objects that it matches after both, except the parameter itself', () => {
  const policy = `spec: {paramKind: {apiVersion: v1, kind: ConfigMap}, matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: ["*"]}]}}\n`
  const order = sortForApply(
    setOf(
      object('v1', 'ConfigMap', 'other') +
        configMap +
        object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'p', policy) +
        object(
          'admissionregistration.k8s.io/v1',
          'ValidatingAdmissionPolicyBinding',
          'b',
          'spec: {policyName: p, paramRef: {name: env, namespace: default}}\n',
        ),
    ),
  )
  assert.deepEqual(names(order), [
    'ValidatingAdmissionPolicy p',
    'ConfigMap default/env',
    'ValidatingAdmissionPolicyBinding b',
    'ConfigMap default/other',
  ])
  assert.deepEqual([order.warnings, order.problems], [[], []])
  assert.equal(order.dropped.length, 1)
})
