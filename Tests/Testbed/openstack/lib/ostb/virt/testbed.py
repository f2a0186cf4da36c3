"""nova.virt.testbed.TestbedDriver: Nova's fake driver, made more lifelike.

What is different from nova.virt.fake.FakeDriver:
 * a server has the size that OSTB_SERVER_VCPUS, _RAM_MB and _DISK_GB say;
 * guests are kept in $OSTB_STATE/instances/<host>/<uuid>.json, so they are
   still there when nova-compute was killed and is started again;
 * pause and suspend change the power state; a live migration leaves nothing
   behind on the source;
 * the server's metadata steers the build:
     ostb_build=fail          the build raises an error (retried elsewhere)
     ostb_build_seconds=N     the build takes N seconds (default: env
                              OSTB_BUILD_SECONDS, 0)
     ostb_delete_seconds=N    so does the delete
 * an uptime and a console log with some boot lines;
 * $OSTB_HOOK, when set, is run as `HOOK EVENT FILE` on spawn, destroy, moved,
   power_on, power_off, reboot, pause and unpause; FILE is the guest's JSON (user_data in it,
   base64 as given). A failing spawn hook fails the build with what it printed
   on stderr. That is how something else can boot a real machine per guest.
"""
import json
import os
import time

from oslo_concurrency import processutils
from oslo_log import log as logging

from nova.compute import power_state
from nova import exception
from nova.virt import fake

LOG = logging.getLogger(__name__)


def _number(value, default=0.0):
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


class TestbedDriver(fake.FakeDriver):

    def __init__(self, virtapi, read_only=False):
        env = os.environ.get
        self.vcpus = int(env('OSTB_SERVER_VCPUS', '64'))
        self.memory_mb = int(env('OSTB_SERVER_RAM_MB', '262144'))
        self.local_gb = int(env('OSTB_SERVER_DISK_GB', '4000'))
        self._build_seconds = _number(env('OSTB_BUILD_SECONDS'))
        self._hook = env('OSTB_HOOK', '')
        self._started = time.time()
        super().__init__(virtapi, read_only)

    def init_host(self, host):
        super().init_host(host)
        self._dir = os.path.join(os.environ['OSTB_STATE'], 'instances', host)
        os.makedirs(self._dir, exist_ok=True)
        for name in os.listdir(self._dir):
            if not name.endswith('.json'):
                continue
            with open(os.path.join(self._dir, name)) as f:
                guest = json.load(f)
            self.instances[guest['uuid']] = fake.FakeInstance(
                guest['name'], guest['power_state'], guest['uuid'])
            self.resources.claim(vcpus=guest['vcpus'], mem=guest['ram_mb'],
                                 disk=guest['disk_gb'])

    # -- the guest's file ----------------------------------------------------

    def _file(self, uuid):
        return os.path.join(self._dir, uuid + '.json')

    def _write(self, guest):
        path = self._file(guest['uuid'])
        with open(path + '.tmp', 'w') as f:
            json.dump(guest, f, indent=1)
        os.replace(path + '.tmp', path)

    def _describe(self, instance, network_info, state):
        addresses = []
        for vif in network_info or []:
            addresses += [ip['address'] for ip in vif.fixed_ips()]
        return {
            'uuid': instance.uuid,
            'name': instance.name,
            'display_name': instance.display_name,
            'hostname': instance.hostname,
            'host': self._host,
            'project_id': instance.project_id,
            'flavor': instance.flavor.name,
            'vcpus': instance.flavor.vcpus,
            'ram_mb': instance.flavor.memory_mb,
            'disk_gb': instance.flavor.root_gb,
            'image_id': instance.image_ref,
            'key_data': instance.key_data,
            'metadata': dict(instance.metadata or {}),
            'user_data': instance.user_data,
            'addresses': addresses,
            'power_state': state,
        }

    def _set_state(self, instance, state):
        if instance.uuid not in self.instances:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        self.instances[instance.uuid].state = state
        try:
            with open(self._file(instance.uuid)) as f:
                guest = json.load(f)
        except OSError:
            return
        guest['power_state'] = state
        self._write(guest)

    def _run_hook(self, event, uuid):
        if not self._hook:
            return
        try:
            processutils.execute(self._hook, event, self._file(uuid))
        except (processutils.ProcessExecutionError, OSError) as e:
            detail = (getattr(e, 'stderr', '') or str(e)).strip()
            LOG.error('hook %s %s: %s', event, uuid, detail)
            if event == 'spawn':
                raise exception.BuildAbortException(instance_uuid=uuid,
                                                    reason=detail)

    # -- life cycle ----------------------------------------------------------

    def spawn(self, context, instance, image_meta, injected_files,
              admin_password, allocations, network_info=None,
              block_device_info=None, power_on=True, accel_info=None):
        metadata = instance.metadata or {}
        seconds = _number(metadata.get('ostb_build_seconds'),
                          self._build_seconds)
        if seconds:
            time.sleep(seconds)
        if metadata.get('ostb_build') == 'fail':
            raise exception.NovaException(
                'testbed: build failure asked for by ostb_build=fail')
        super().spawn(context, instance, image_meta, injected_files,
                      admin_password, allocations, network_info,
                      block_device_info, power_on, accel_info)
        self._write(self._describe(instance, network_info,
                                   self.instances[instance.uuid].state))
        try:
            self._run_hook('spawn', instance.uuid)
        except Exception:
            self._forget(instance)
            raise

    def _forget(self, instance):
        if instance.uuid in self.instances:
            super().destroy(None, instance, None)
        try:
            os.unlink(self._file(instance.uuid))
        except FileNotFoundError:
            pass

    def destroy(self, context, instance, network_info, block_device_info=None,
                destroy_disks=True, destroy_secrets=True):
        seconds = _number((instance.metadata or {}).get('ostb_delete_seconds'))
        if seconds:
            time.sleep(seconds)
        if os.path.exists(self._file(instance.uuid)):
            self._run_hook('destroy', instance.uuid)
        self._forget(instance)

    def power_on(self, context, instance, network_info,
                 block_device_info=None, accel_info=None):
        self._set_state(instance, power_state.RUNNING)
        self._run_hook('power_on', instance.uuid)

    def power_off(self, instance, timeout=0, retry_interval=0):
        self._set_state(instance, power_state.SHUTDOWN)
        self._run_hook('power_off', instance.uuid)

    def reboot(self, context, instance, network_info, reboot_type,
               block_device_info=None, bad_volumes_callback=None,
               accel_info=None):
        if instance.uuid not in self.instances:     # hard reboot: make it anew
            return super().reboot(context, instance, network_info, reboot_type,
                                  block_device_info, bad_volumes_callback,
                                  accel_info)
        self._set_state(instance, power_state.RUNNING)
        self._run_hook('reboot', instance.uuid)

    def pause(self, instance):
        self._set_state(instance, power_state.PAUSED)
        self._run_hook('pause', instance.uuid)

    def unpause(self, instance):
        self._set_state(instance, power_state.RUNNING)
        self._run_hook('unpause', instance.uuid)

    def suspend(self, context, instance):
        self._set_state(instance, power_state.SUSPENDED)

    def resume(self, context, instance, network_info, block_device_info=None):
        self._set_state(instance, power_state.RUNNING)

    def migrate_disk_and_power_off(self, context, instance, dest, flavor,
                                   network_info, block_device_info=None,
                                   timeout=0, retry_interval=0):
        self._set_state(instance, power_state.SHUTDOWN)
        self._run_hook('power_off', instance.uuid)
        return '[]'

    def finish_revert_migration(self, context, instance, network_info,
                                migration, block_device_info=None,
                                power_on=True):
        self._set_state(instance, power_state.RUNNING if power_on
                        else power_state.SHUTDOWN)
        if power_on:
            self._run_hook('power_on', instance.uuid)

    def post_live_migration_at_source(self, context, instance, network_info):
        self._forget(instance)      # the guest runs on, on the other server

    def post_live_migration_at_destination(self, context, instance,
                                           network_info,
                                           block_migration=False,
                                           block_device_info=None):
        super().spawn(context, instance, None, None, None, {}, network_info)
        self._write(self._describe(instance, network_info,
                                   self.instances[instance.uuid].state))
        self._run_hook('moved', instance.uuid)

    # -- what can be looked at -----------------------------------------------

    def get_host_uptime(self):
        minutes = int(time.time() - self._started) // 60
        return (' %s up %d days, %2d:%02d,  0 users,  load average: '
                '0.42, 0.36, 0.31' % (time.strftime('%H:%M:%S'),
                                      minutes // 1440, minutes // 60 % 24,
                                      minutes % 60))

    def get_console_output(self, context, instance):
        lines = ['[    0.000000] Linux version 6.1.0-testbed (ostb)',
                 '[    0.000000] Command line: console=ttyS0',
                 '[    0.512000] virtio_net virtio0 eth0: link up',
                 '[    1.024000] systemd[1]: Hostname set to <%s>.'
                 % instance.hostname,
                 '[    1.536000] ignition[301]: user data: %d bytes base64'
                 % len(instance.user_data or ''),
                 '[    2.048000] systemd[1]: Reached target multi-user.target.',
                 '',
                 '%s login: ' % instance.hostname]
        return '\n'.join(lines)
