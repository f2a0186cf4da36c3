"""Fill the cloud: seed.py identity | compute | wait-hypervisors N

identity: services and endpoints, service users, the two customers.
compute:  flavors, image, network, quotas.
Both look before they make something, so they can run again.
Environment: OSTB_AUTH_URL, OSTB_PASSWORD, OSTB_ENDPOINTS (JSON: type -> URL).
"""
import ipaddress
import json
import os
import sys
import time

import requests

AUTH = os.environ['OSTB_AUTH_URL']
PASSWORD = os.environ['OSTB_PASSWORD']
ENDPOINTS = json.loads(os.environ['OSTB_ENDPOINTS'])
REGION = os.environ.get('OSTB_REGION', 'RegionOne')
SERVICE_NAMES = {'compute': 'nova', 'placement': 'placement',
                 'image': 'glance', 'network': 'neutron'}

http = requests.Session()
http.trust_env = False


def login(user='admin', project='admin'):
    body = {'auth': {
        'identity': {'methods': ['password'], 'password': {'user': {
            'name': user, 'domain': {'id': 'default'}, 'password': PASSWORD}}},
        'scope': {'project': {'name': project, 'domain': {'id': 'default'}}}}}
    r = http.post(AUTH + '/auth/tokens', json=body)
    r.raise_for_status()
    return r.headers['X-Subject-Token'], r.json()['token']


def call(method, url, body=None, ok=(), headers=None, token=None):
    h = {'X-Auth-Token': token or http.headers['X-Auth-Token']}
    h.update(headers or {})
    r = http.request(method, url, json=body, headers=h)
    if r.status_code >= 400 and r.status_code not in ok:
        raise SystemExit('%s %s: %s %s' % (method, url, r.status_code, r.text))
    return r.json() if r.content else {}


def one(url, collection, key='name', **fields):
    """The object of this collection with this name; made if not there."""
    name = fields[key]
    for found in call('GET', '%s?%s=%s' % (url, key, name))[collection]:
        if found[key] == name:
            return found
    single = collection[:-1]
    return call('POST', url, {single: fields})[single]


def identity():
    services = {s['type']: s for s in call('GET', AUTH + '/services')['services']}
    have = {(e['service_id'], e['interface']): e
            for e in call('GET', AUTH + '/endpoints')['endpoints']}
    for kind, url in ENDPOINTS.items():
        service = services.get(kind) or call('POST', AUTH + '/services', {
            'service': {'type': kind, 'name': SERVICE_NAMES[kind]}})['service']
        for interface in ('public', 'internal', 'admin'):
            old = have.get((service['id'], interface))
            if old and old['url'] != url:
                call('PATCH', AUTH + '/endpoints/' + old['id'],
                     {'endpoint': {'url': url}})
            elif not old:
                call('POST', AUTH + '/endpoints', {'endpoint': {
                    'service_id': service['id'], 'interface': interface,
                    'url': url, 'region_id': REGION}})

    roles = {r['name']: r['id'] for r in call('GET', AUTH + '/roles')['roles']}
    if 'service' not in roles:
        roles['service'] = one(AUTH + '/roles', 'roles', name='service')['id']

    def project(name, text):
        return one(AUTH + '/projects', 'projects', name=name,
                   domain_id='default', description=text)['id']

    def user(name, project_id, *grants):
        uid = one(AUTH + '/users', 'users', name=name, domain_id='default',
                  password=PASSWORD, default_project_id=project_id)['id']
        for role in grants:
            call('PUT', '%s/projects/%s/users/%s/roles/%s'
                 % (AUTH, project_id, uid, roles[role]))

    service = project('service', 'accounts of the services themselves')
    for name in SERVICE_NAMES.values():
        user(name, service, 'admin', 'service')
    for name in ('customer-a', 'customer-b'):
        pid = project(name, 'a customer')
        user(name, pid, 'member')
        user(name + '-reader', pid, 'reader')
        # the administrator may act inside each customer's project
        admin = call('GET', AUTH + '/users?name=admin')['users'][0]['id']
        call('PUT', '%s/projects/%s/users/%s/roles/%s'
             % (AUTH, pid, admin, roles['admin']))


def flavors():
    url = ENDPOINTS['compute'] + '/flavors'
    have = {f['name'] for f in call('GET', url + '?is_public=none')['flavors']}
    for fid, name, vcpus, ram, disk in (
            ('1', 'tiny', 1, 512, 4), ('2', 'small', 1, 2048, 10),
            ('3', 'medium', 2, 4096, 20), ('4', 'large', 4, 8192, 40),
            ('5', 'xlarge', 8, 16384, 80)):
        if name not in have:
            call('POST', url, {'flavor': {'id': fid, 'name': name, 'ram': ram,
                                          'vcpus': vcpus, 'disk': disk}})


def image():
    url = ENDPOINTS['image'] + '/v2/images'
    if call('GET', url + '?name=coreos')['images']:
        return
    made = call('POST', url, {'name': 'coreos', 'disk_format': 'raw',
                              'container_format': 'bare', 'min_disk': 1,
                              'visibility': 'public', 'os_distro': 'coreos',
                              'os_version': '40'})
    r = http.put('%s/%s/file' % (url, made['id']), data=b'not a real image\n',
                 headers={'Content-Type': 'application/octet-stream'})
    r.raise_for_status()


def network():
    # one network that every project may use: a server made without saying
    # which network gets an address on it; .1 to .10 are the testbed's own
    lan = ipaddress.ip_network(os.environ['OSTB_LAN'])
    url = ENDPOINTS['network'] + '/v2.0'
    net = one(url + '/networks', 'networks', name='lan', shared=True)
    if not call('GET', '%s/subnets?network_id=%s' % (url, net['id']))['subnets']:
        call('POST', url + '/subnets', {'subnet': {
            'name': 'lan', 'network_id': net['id'], 'ip_version': 4,
            'cidr': str(lan), 'enable_dhcp': False, 'gateway_ip': str(lan[1]),
            'allocation_pools': [{'start': str(lan[11]), 'end': str(lan[-6])}]}})


def quotas():
    big = {'instances': 2000, 'cores': 4000, 'ram': 8000000,
           'key_pairs': 100, 'server_groups': 100, 'server_group_members': 1000}
    small = {'instances': 20, 'cores': 40, 'ram': 80000}
    for name, quota in (('admin', big), ('customer-a', big),
                        ('customer-b', small)):
        pid = call('GET', AUTH + '/projects?name=' + name)['projects'][0]['id']
        call('PUT', ENDPOINTS['compute'] + '/os-quota-sets/' + pid,
             {'quota_set': dict(quota, force=True)})


def compute():
    flavors()
    image()
    network()
    quotas()


def wait_hypervisors(n, seconds):
    """Until n nova-compute services are up and their hypervisors mapped."""
    end = time.time() + seconds
    url = ENDPOINTS['compute']
    while time.time() < end:
        try:
            found = call('GET', url + '/os-hypervisors/detail', headers={
                'OpenStack-API-Version': 'compute 2.88'})['hypervisors']
            if len([h for h in found if h['state'] == 'up']) >= n:
                return
        except (requests.RequestException, SystemExit):
            pass
        time.sleep(0.5)
    raise SystemExit('waited %ds in vain for %d hypervisors' % (seconds, n))


def main():
    http.headers['X-Auth-Token'] = login()[0]
    what = sys.argv[1]
    if what == 'identity':
        identity()
    elif what == 'compute':
        compute()
    elif what == 'wait-hypervisors':
        wait_hypervisors(int(sys.argv[2]), int(sys.argv[3]))
    else:
        raise SystemExit('what?')


main()
