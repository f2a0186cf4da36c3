"""What a VM's first boot makes of its user data: a tree of files for its disk.

The subset of cloud-init and of Ignition that Quarterdeck writes, and nothing
else: what is not understood is refused, never passed over. As in a real VM
Ignition's files are there before systemd starts, also those it fetches, while
cloud-init's commands and packages have their turn in the running system.
"""
import configparser
import glob
import hashlib
import json
import os
import shlex
import subprocess
import tempfile
import urllib.parse
import urllib.request

import yaml

FINAL = '''[Unit]
Description=Execute cloud user/final scripts
ConditionPathExists=!/var/lib/cloud/instance/boot-finished
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/sh /var/lib/cloud/instance/scripts/final
RemainAfterExit=yes
TimeoutStartSec=0

[Install]
WantedBy=multi-user.target
'''


class Refused(Exception):
    pass


class Disk:
    """A folder that becomes the VM's disk."""

    def __init__(self, folder, uuid, packages):
        self.folder = folder
        self.packages = packages
        self.write('/var/lib/cloud/data/instance-id', uuid + '\n')

    def write(self, path, data, mode=0o644):
        if not path.startswith('/') or '/../' in path + '/':
            raise Refused('%r is no absolute path' % path)
        target = self.folder + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.chmod(target, mode)

    def unit(self, name, text):
        self.write('/etc/systemd/system/' + name, text)

    def enable(self, name):
        """By what the unit's [Install] says; packages' units say it themselves."""
        path = self.folder + '/etc/systemd/system/' + name
        targets = ['multi-user.target']
        if os.path.exists(path):
            unit = configparser.ConfigParser(strict=False, interpolation=None)
            unit.optionxform = str
            unit.read(path)
            targets = unit.get('Install', 'WantedBy', fallback='').split()
        for target in targets:
            wants = '%s/etc/systemd/system/%s.wants' % (self.folder, target)
            os.makedirs(wants, exist_ok=True)
            os.symlink('../' + name, os.path.join(wants, name))

    def keys(self, keys):
        # the testbed's own key is in authorized_keys; sshd reads both
        self.write('/root/.ssh/authorized_keys2', ''.join(k + '\n' for k in keys), 0o600)
        os.chmod(self.folder + '/root/.ssh', 0o700)

    def package(self, name):
        """There is no mirror in the testbed: the VM finds the package on its disk."""
        kept = '%s/%s.deb' % (self.packages, name)
        if not os.path.exists(kept):
            # several VMs may boot at once: the file is there whole, or not at all
            os.makedirs(self.packages, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.packages) as folder:
                subprocess.run(['apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', name],
                               cwd=folder, check=True, stdout=subprocess.DEVNULL)
                os.replace(glob.glob(folder + '/*.deb')[0], kept)
        with open(kept, 'rb') as f:
            self.write('/var/cache/packages/%s.deb' % name, f.read())


def known(what, mapping, *keys):
    unknown = set(mapping) - set(keys)
    if unknown:
        raise Refused('%s: unknown %s' % (what, ', '.join(sorted(unknown))))


def cloud_init(text, disk):
    config = yaml.safe_load(text)
    known('cloud-config', config, 'hostname', 'packages', 'runcmd', 'ssh_authorized_keys', 'write_files')
    if 'hostname' in config:
        disk.write('/etc/hostname', config['hostname'] + '\n')
    disk.keys(config.get('ssh_authorized_keys', []))
    for file in config.get('write_files', []):
        known('write_files', file, 'path', 'content', 'permissions')
        disk.write(file['path'], file['content'], int(file.get('permissions', '0644'), 8))
    # cloud-init makes one shell script of runcmd, which goes on after a failure
    script = ['#!/bin/sh']
    for name in config.get('packages', []):
        disk.package(name)
        script.append('dpkg -i --force-confold /var/cache/packages/%s.deb' % shlex.quote(name))
    for command in config.get('runcmd', []):
        script.append(command if isinstance(command, str) else ' '.join(shlex.quote(w) for w in command))
    script.append('status=$?; touch /var/lib/cloud/instance/boot-finished; exit $status')
    disk.write('/var/lib/cloud/instance/user-data.txt', text, 0o600)
    disk.write('/var/lib/cloud/instance/scripts/final', '\n'.join(script) + '\n', 0o700)
    disk.unit('cloud-final.service', FINAL)
    disk.enable('cloud-final.service')


def contents(contents):
    known('contents', contents, 'source', 'verification')
    source = contents['source']
    if source.startswith('data:,'):
        data = urllib.parse.unquote_to_bytes(source[len('data:,'):])
    else:
        with urllib.request.urlopen(source, timeout=60) as answer:
            data = answer.read()
    wanted = contents.get('verification', {}).get('hash')
    if wanted:
        kind, value = wanted.split('-')
        if hashlib.new(kind, data).hexdigest() != value:
            raise Refused('%s has another %s' % (source, kind))
    return data


def ignition(text, disk):
    config = json.loads(text)
    known('Ignition', config, 'ignition', 'passwd', 'storage', 'systemd')
    if config['ignition'] != {'version': '3.3.0'}:
        raise Refused('Ignition: %r' % config['ignition'])
    for user in config.get('passwd', {}).get('users', []):
        known('user', user, 'name', 'sshAuthorizedKeys')
        disk.keys(user['sshAuthorizedKeys'])
    for file in config.get('storage', {}).get('files', []):
        known('file', file, 'path', 'mode', 'overwrite', 'contents')
        disk.write(file['path'], contents(file['contents']), file['mode'])
    units = config.get('systemd', {}).get('units', [])
    for unit in units:
        known('unit', unit, 'name', 'enabled', 'contents', 'dropins')
        if 'contents' in unit:
            disk.unit(unit['name'], unit['contents'])
        for part in unit.get('dropins', []):
            disk.unit('%s.d/%s' % (unit['name'], part['name']), part['contents'])
        if unit.get('enabled'):
            disk.enable(unit['name'])


def apply(text, disk):
    """Write what the text asks for; Refused when it cannot be had."""
    if text.startswith('#cloud-config\n'):
        cloud_init(text, disk)
    elif text.lstrip().startswith('{'):
        ignition(text, disk)
    elif text:
        raise Refused('user data that begins with %r' % text[:20])
