# shellcheck shell=bash
# common.sh - what up, down and fault share: names, ports, configuration files,
# and starting and ending one service. Sourced, not run. Needs $HERE (the
# testbed's directory) and $STATE (the state directory, absolute).

# ---- settings (environment) --------------------------------------------------
OSTB_HOST=127.0.0.1
: "${OSTB_PORT_OFFSET:=20000}"      # added to each service's usual port
: "${OSTB_SERVERS:=3}"              # nova-compute services: server1, server2, ...
: "${OSTB_TOKEN_SECONDS:=3600}"     # how long a keystone token lives
: "${OSTB_MAX_LIMIT:=1000}"         # nova's osapi_max_limit (page size)
: "${OSTB_REPORT_SECONDS:=2}"       # nova's report_interval
: "${OSTB_DOWN_SECONDS:=10}"        # nova's service_down_time
: "${OSTB_SERVER_VCPUS:=64}" "${OSTB_SERVER_RAM_MB:=262144}" "${OSTB_SERVER_DISK_GB:=4000}"
: "${OSTB_BUILD_SECONDS:=0}"        # how long each VM's build takes, at least
: "${OSTB_HOST_SUBSET:=3}"         # a VM goes to any of the 3 best servers, by chance;
                                    # 1 (Nova's default): bursts pile up on one server
: "${OSTB_HOOK:=}"                  # program run on a guest's spawn, destroy...
: "${OSTB_LAN:=10.42.0.0/16}"       # the network's addresses
# With real guests (`up --guests`): where their machines are, what their image holds
: "${MACHINES_STATE:=$STATE/machines}" "${OSTB_GUEST_PROGRAMS:=}" "${OSTB_GUEST_IMAGE:=}"
: "${OSTB_WAIT:=240}"               # seconds `up` waits for any one thing

P_KEYSTONE=$((5000 + OSTB_PORT_OFFSET))
P_NOVA=$((8774 + OSTB_PORT_OFFSET))
P_METADATA=$((8775 + OSTB_PORT_OFFSET))
P_PLACEMENT=$((8778 + OSTB_PORT_OFFSET))
P_GLANCE=$((9292 + OSTB_PORT_OFFSET))
P_NEUTRON=$((9696 + OSTB_PORT_OFFSET))
P_RABBIT=$((5672 + OSTB_PORT_OFFSET))
P_RABBIT_DIST=$((5673 + OSTB_PORT_OFFSET))
P_EPMD=$((4369 + OSTB_PORT_OFFSET))

# One password for every account: this cloud holds nothing and listens on
# loopback only.
PASSWORD=testbed
REGION=RegionOne

ETC=$STATE/etc LOG=$STATE/log RUN=$STATE/run DB=$STATE/db
SOCK=$RUN/mariadb.sock

# ---- environment of the services ---------------------------------------------
PYTHON=/usr/bin/python3             # Debian's, which has the packages
unset PYTHONPATH PYTHONHOME http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
for v in $(compgen -e OS_ || true); do unset "$v"; done     # no stray openrc
export HOME=$STATE/home
export PYTHONPATH=$HERE/lib PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
export PYTHONWARNINGS=ignore LC_ALL=C.UTF-8
export OSTB_STATE=$STATE OSTB_HOOK OSTB_BUILD_SECONDS OSTB_LAN
export MACHINES_STATE OSTB_GUEST_PROGRAMS OSTB_GUEST_IMAGE
export OSTB_SERVER_VCPUS OSTB_SERVER_RAM_MB OSTB_SERVER_DISK_GB

say() { echo "openstack testbed: $*" >&2; }
die() { say "$*"; exit 1; }

sql() { mariadb --no-defaults --socket="$SOCK" --user=root --batch --skip-column-names "$@"; }

# Names of all services, in the order in which they start.
services() {
  local i
  echo mariadb epmd rabbitmq keystone placement glance neutron
  echo nova-conductor nova-scheduler nova-api nova-metadata
  for ((i = 1; i <= OSTB_SERVERS; i++)); do echo "server$i"; done
}

# ---- processes ---------------------------------------------------------------
# run/NAME.pid holds "PID STARTTIME": the start time (field 22 of /proc/PID/stat)
# makes sure that a pid used again by someone else is never signalled. Every
# service leads its own process group, so that its children go with it.
starttime() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }                     # the name may hold blanks: cut after it
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] || return 1
  echo "${20}"
}
pid_of() {          # prints the pid of a live service, else fails
  local pid start
  read -r pid start 2>/dev/null < "$RUN/$1.pid" || return 1
  [ "$(starttime "$pid")" = "$start" ] || return 1
  echo "$pid"
}
record() { echo "$2 $(starttime "$2")" > "$RUN/$1.pid"; }
launch() {          # launch NAME COMMAND...
  local name=$1
  shift
  echo "--- $(date -u +%FT%TZ) start: $*" >> "$LOG/$name.log"
  # children must not hold what `up` has open: its lock (9), the forkers (5-8)
  setsid "$@" >> "$LOG/$name.log" 2>&1 < /dev/null 5>&- 6>&- 7>&- 8>&- 9>&- &
  record "$name" "$!"
}

# A forker (lib/ostb/forker.py) has imported nova or keystone once and forks a
# program from that at the asking. Only `up` has forkers, while it runs: nova's
# on descriptors 5 (questions) and 6 (answers), keystone's on 7 and 8. Without
# one a program is started the plain way.
FORKERS=""
forker() {          # forker NAME IN OUT MODULE...
  local name=$1 in=$2 out=$3
  shift 3
  rm -f "$RUN/$name-forker".*
  mkfifo "$RUN/$name-forker.in" "$RUN/$name-forker.out"
  setsid "$PYTHON" -P -m ostb.forker "$@" < "$RUN/$name-forker.in" > "$RUN/$name-forker.out" \
    2> "$LOG/$name-forker.log" 5>&- 6>&- 7>&- 8>&- 9>&- &
  # opening a fifo waits for the other side: the forker's own shell has both
  eval "exec $in> \"$RUN/$name-forker.in\" $out< \"$RUN/$name-forker.out\""
  rm -f "$RUN/$name-forker".*
  FORKERS+=" $name "
}
ask() {             # ask FORKER HOW LOGNAME PROGRAM ARG...: prints its answer
  local name=$1 how=$2 log=$LOG/$3.log fds='5 6' answer
  shift 3
  [ "$name" = nova ] || fds='7 8'
  # shellcheck disable=SC2086
  set -- $fds "$@"
  (IFS=$'\t'; echo "$how"$'\t'"$log"$'\t'"${*:3}") >&"$1"
  read -r answer <&"$2" || return 1
  echo "$answer"
}
python_service() {  # python_service FORKER NAME PROGRAM ARG...
  local name=$1 log=$2 pid
  shift 2
  case $FORKERS in
    *" $name "*)
      echo "--- $(date -u +%FT%TZ) start: $*" >> "$LOG/$log.log"
      pid=$(ask "$name" spawn "$log" "$@") || die "no answer from the $name forker; see $LOG/$name-forker.log"
      record "$log" "$pid"
      ;;
    *) launch "$log" "$PYTHON" -P -m ostb.run "$@" ;;
  esac
}
python_job() {      # python_job FORKER LOGNAME PROGRAM ARG...: run to its end
  local name=$1 log=$2
  shift 2
  case $FORKERS in
    *" $name "*) [ "$(ask "$name" run "$log" "$@")" = 0 ] ;;
    *) "$PYTHON" -P -m ostb.run "$@" >> "$LOG/$log.log" 2>&1 ;;
  esac
}
end() {             # end NAME [SIGNAL [SECONDS]]: signal the group, wait, then KILL
  local name=$1 sig=${2:-TERM} secs=${3:-15} pid i
  if pid=$(pid_of "$name"); then
    kill -CONT -- "-$pid" 2>/dev/null || true
    kill "-$sig" -- "-$pid" 2>/dev/null || true
    for ((i = 0; i < secs * 10; i++)); do
      pid_of "$name" >/dev/null || break
      sleep 0.1
    done
    # what is left of the group (workers, port programs)
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$RUN/$name.pid"
}
wait_for() {        # wait_for WHAT SERVICE COMMAND...: until the command succeeds
  local what=$1 name=$2 until=$((SECONDS + OSTB_WAIT))
  shift 2
  until "$@" >/dev/null 2>&1; do
    pid_of "$name" >/dev/null || { tail -n 15 "$LOG/$name.log" >&2; die "$name ended; see $LOG/$name.log"; }
    [ "$SECONDS" -lt "$until" ] || { tail -n 15 "$LOG/$name.log" >&2; die "waited ${OSTB_WAIT}s in vain for $what"; }
    sleep 0.2
  done
}
said() {            # said NAME TEXT: since its last start, its log holds TEXT
  awk -v text="$2" '/^--- .* start: /{there = 0} index($0, text){there = 1} END{exit !there}' "$LOG/$1.log"
}
http_ok() { curl -fsS --noproxy '*' -m 5 -o /dev/null "$1"; }

start() {           # start NAME: does not wait until it is healthy
  local name=$1 mode
  pid_of "$name" >/dev/null && return 0
  case $name in
    mariadb)
      launch mariadb mariadbd --no-defaults --user="$(id -un)" --datadir="$DB" \
        --socket="$SOCK" --pid-file="$RUN/mariadb.own.pid" --skip-networking \
        --innodb-buffer-pool-size=192M --innodb-log-file-size=48M \
        --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --skip-log-bin \
        --performance-schema=0 --max-connections=800 --table-open-cache=800 \
        --character-set-server=utf8mb3 --collation-server=utf8mb3_general_ci
      ;;
    epmd)           # erlang's name server: our own, else rabbit leaves one behind
      launch epmd epmd -address 127.0.0.1 -port "$P_EPMD"
      ;;
    rabbitmq)
      launch rabbitmq env ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$P_EPMD" \
        RABBITMQ_NODENAME="ostb$OSTB_PORT_OFFSET@localhost" \
        RABBITMQ_CONF_ENV_FILE="$ETC/rabbitmq-env.conf" \
        RABBITMQ_CONFIG_FILE="$ETC/rabbitmq.conf" \
        RABBITMQ_ADVANCED_CONFIG_FILE="$ETC/rabbitmq-advanced.config" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$ETC/rabbitmq-plugins" \
        RABBITMQ_MNESIA_BASE="$STATE/rabbitmq" RABBITMQ_LOG_BASE="$LOG" RABBITMQ_LOGS=- \
        RABBITMQ_PID_FILE="$RUN/rabbitmq.own.pid" RABBITMQ_DIST_PORT="$P_RABBIT_DIST" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none" \
        /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server
      ;;
    keystone)
      export OS_KEYSTONE_CONFIG_FILES=$ETC/keystone/keystone.conf
      python_service keystone keystone keystone "$OSTB_HOST" "$P_KEYSTONE"
      ;;
    placement)
      export OS_PLACEMENT_CONFIG_DIR=$ETC/placement
      python_service none placement placement "$OSTB_HOST" "$P_PLACEMENT"
      ;;
    glance) python_service none glance glance-api --config-file "$ETC/glance/glance-api.conf" ;;
    neutron) python_service none neutron neutron-server --config-file "$ETC/neutron/neutron.conf" ;;
    nova-conductor|nova-scheduler|nova-api)
      python_service nova "$name" "$name" --config-file "$ETC/nova/nova.conf" ;;
    nova-metadata)
      python_service nova "$name" nova-api-metadata --config-file "$ETC/nova/nova.conf" ;;
    server*)
      python_service nova "$name" nova-compute \
        --config-file "$ETC/nova/nova.conf" --config-file "$ETC/nova/$name.conf" ;;
    *) die "no service '$name'" ;;
  esac
}

healthy() {         # healthy NAME: wait until it answers
  case $1 in
    mariadb) wait_for "mariadb" mariadb sql -e 'select 1' ;;
    rabbitmq) wait_for "rabbitmq" rabbitmq bash -c "exec 3<>/dev/tcp/127.0.0.1/$P_RABBIT && printf 'AMQP\0\0\11\1' >&3 && timeout 3 head -c 8 <&3 | grep -q ." ;;
    keystone) wait_for "keystone" keystone http_ok "http://$OSTB_HOST:$P_KEYSTONE/v3" ;;
    placement) wait_for "placement" placement http_ok "http://$OSTB_HOST:$P_PLACEMENT/" ;;
    glance) wait_for "glance" glance http_ok "http://$OSTB_HOST:$P_GLANCE/healthcheck" ;;
    neutron) wait_for "neutron" neutron http_ok "http://$OSTB_HOST:$P_NEUTRON/" ;;
    # the conductor has no port: its log says when it begins (nova-compute asks
    # it at once, nova-metadata even dies when it gets no answer)
    nova-conductor) wait_for "nova-conductor" nova-conductor said nova-conductor 'Starting conductor node' ;;
    nova-api) wait_for "nova-api" nova-api http_ok "http://$OSTB_HOST:$P_NOVA/" ;;
    nova-metadata) wait_for "nova-metadata" nova-metadata http_ok "http://$OSTB_HOST:$P_METADATA/" ;;
    *) ;;
  esac
}

# ---- configuration files -----------------------------------------------------
db_url() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$SOCK&charset=utf8"; }

authtoken() {       # authtoken USER: how a service checks its clients' tokens
  cat <<EOF
[keystone_authtoken]
www_authenticate_uri = http://$OSTB_HOST:$P_KEYSTONE/v3
service_type = $2
$(service_login "$1")
EOF
}
service_login() {   # how a service logs in to the others
  cat <<EOF
auth_type = password
auth_url = http://$OSTB_HOST:$P_KEYSTONE/v3
username = $1
password = $PASSWORD
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = $REGION
EOF
}
default_section() {
  cat <<EOF
[DEFAULT]
debug = ${OSTB_DEBUG:-false}
use_stderr = true
transport_url = rabbit://testbed:$PASSWORD@$OSTB_HOST:$P_RABBIT//
EOF
}
database_section() {
  cat <<EOF
connection = $(db_url "$1")
max_pool_size = 10
max_overflow = 40
connection_recycle_time = 600
EOF
}
common_sections() { # common_sections NAME: policy is the built-in one, whatever /etc holds
  : > "$ETC/$1/policy.yaml"
  cat <<EOF
[oslo_policy]
policy_file = $ETC/$1/policy.yaml
policy_dirs = $ETC/$1/policy.d
[oslo_concurrency]
lock_path = $STATE/lock/$1
[oslo_messaging_notifications]
driver = noop
[oslo_messaging_rabbit]
heartbeat_in_pthread = false
EOF
}
fault_filter() { printf '[filter:fault]\npaste.filter_factory = ostb.faults:filter_factory\nname = %s\n' "$1"; }

write_config() {
  local s i
  mkdir -p "$ETC"/{keystone/fernet,keystone/credential,placement,glance,neutron,nova} "$LOG" "$RUN" \
    "$STATE"/{home,lock,fault,instances,images,rabbitmq}
  chmod 700 "$STATE" "$ETC/keystone/fernet" "$ETC/keystone/credential"
  for s in keystone placement glance neutron nova; do mkdir -p "$ETC/$s/policy.d" "$STATE/lock/$s"; done
  mkdir -p "$HOME/.cache/python-entrypoints"
  : > "$HOME/.cache/python-entrypoints/.disable"      # stevedore's cache: not needed

  # -- rabbitmq
  : > "$ETC/rabbitmq-env.conf"
  : > "$ETC/rabbitmq-plugins.empty"
  echo '[].' > "$ETC/rabbitmq-plugins"
  echo '[].' > "$ETC/rabbitmq-advanced.config"
  cat > "$ETC/rabbitmq.conf" <<EOF
listeners.tcp.1 = 127.0.0.1:$P_RABBIT
default_user = testbed
default_pass = $PASSWORD
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 20MB
log.console = true
log.console.level = warning
log.file = false
EOF

  # -- keystone. Cheap password hashes: every service logs in at every start.
  cat > "$ETC/keystone/keystone.conf" <<EOF
$(default_section)
public_endpoint = http://$OSTB_HOST:$P_KEYSTONE/
[database]
$(database_section keystone)
[token]
provider = fernet
expiration = $OSTB_TOKEN_SECONDS
[fernet_tokens]
key_repository = $ETC/keystone/fernet
[fernet_receipts]
key_repository = $ETC/keystone/fernet
[credential]
key_repository = $ETC/keystone/credential
[identity]
password_hash_rounds = 4
[cache]
# one process: a cache in its memory is never stale
enabled = true
backend = dogpile.cache.memory
$(common_sections keystone)
EOF
  for s in fernet/0 fernet/1 credential/0 credential/1; do
    [ -s "$ETC/keystone/$s" ] ||
      (umask 077; head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' > "$ETC/keystone/$s")
  done

  # -- placement
  cat > "$ETC/placement/placement.conf" <<EOF
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
$(authtoken placement placement)
[placement_database]
$(database_section placement)
$(common_sections placement)
EOF

  # -- glance
  cat > "$ETC/glance/glance-api.conf" <<EOF
$(default_section)
bind_host = $OSTB_HOST
bind_port = $P_GLANCE
workers = 0
enabled_backends =
enabled_import_methods = []
[paste_deploy]
flavor = keystone
config_file = $ETC/glance/paste.ini
[database]
$(database_section glance)
[glance_store]
stores = file,http
default_store = file
filesystem_store_datadir = $STATE/images
$(authtoken glance image)
$(common_sections glance)
EOF
  cat > "$ETC/glance/paste.ini" <<EOF
[pipeline:glance-api-keystone]
pipeline = fault healthcheck http_proxy_to_wsgi versionnegotiation authtoken context rootapp
[composite:rootapp]
paste.composite_factory = glance.api:root_app_factory
/: versions
/v2: v2
[app:versions]
paste.app_factory = glance.api.versions:create_resource
[app:v2]
paste.app_factory = glance.api.v2.router:API.factory
[filter:healthcheck]
paste.filter_factory = oslo_middleware:Healthcheck.factory
[filter:http_proxy_to_wsgi]
paste.filter_factory = oslo_middleware:HTTPProxyToWSGI.factory
[filter:versionnegotiation]
paste.filter_factory = glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory
[filter:context]
paste.filter_factory = glance.api.middleware.context:ContextMiddleware.factory
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
delay_auth_decision = true
$(fault_filter glance)
EOF

  # -- neutron: addresses, ports and security groups in its database; no agents
  cat > "$ETC/neutron/neutron.conf" <<EOF
$(default_section)
bind_host = $OSTB_HOST
bind_port = $P_NEUTRON
api_paste_config = $ETC/neutron/paste.ini
api_workers = 0
rpc_workers = 0
rpc_state_report_workers = 0
core_plugin = ml2
service_plugins =
auth_strategy = keystone
dhcp_agent_notification = false
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
allow_overlapping_ips = true
state_path = $STATE/lock/neutron
[database]
$(database_section neutron)
[quotas]
quota_port = -1
quota_network = 100
quota_security_group = 100
[ml2]
type_drivers = local,vxlan
tenant_network_types = vxlan
mechanism_drivers = ostb
extension_drivers = port_security
[ml2_type_vxlan]
vni_ranges = 1:4000
[securitygroup]
firewall_driver = noop
enable_security_group = true
$(authtoken neutron network)
$(common_sections neutron)
EOF
  cat > "$ETC/neutron/paste.ini" <<EOF
[composite:neutron]
use = egg:Paste#urlmap
/: versions_composite
/v2.0: api
[composite:api]
use = call:neutron.auth:pipeline_factory
keystone = fault netcache http_proxy_to_wsgi request_id catch_errors authtoken keystonecontext extensions app
[filter:netcache]
paste.filter_factory = ostb.netcache:filter_factory
[composite:versions_composite]
use = call:neutron.auth:pipeline_factory
keystone = fault http_proxy_to_wsgi versions
[filter:request_id]
paste.filter_factory = oslo_middleware:RequestId.factory
[filter:catch_errors]
paste.filter_factory = oslo_middleware:CatchErrors.factory
[filter:http_proxy_to_wsgi]
paste.filter_factory = oslo_middleware.http_proxy_to_wsgi:HTTPProxyToWSGI.factory
[filter:keystonecontext]
paste.filter_factory = neutron.auth:NeutronKeystoneContext.factory
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
[filter:extensions]
paste.filter_factory = neutron.api.extensions:plugin_aware_extension_middleware_factory
[app:versions]
paste.app_factory = neutron.pecan_wsgi.app:versions_factory
[app:app]
paste.app_factory = neutron.api.v2.router:APIRouter.factory
$(fault_filter neutron)
EOF

  # -- nova
  cat > "$ETC/nova/nova.conf" <<EOF
$(default_section)
state_path = $STATE/lock/nova
instances_path = $STATE/instances
compute_driver = testbed.TestbedDriver
enabled_apis = osapi_compute,metadata
osapi_compute_listen = $OSTB_HOST
osapi_compute_listen_port = $P_NOVA
osapi_compute_workers = 1
metadata_listen = $OSTB_HOST
metadata_listen_port = $P_METADATA
metadata_workers = 1
report_interval = $OSTB_REPORT_SECONDS
service_down_time = $OSTB_DOWN_SECONDS
update_resources_interval = 30
sync_power_state_interval = 60
instance_usage_audit = false
max_concurrent_builds = 100
periodic_fuzzy_delay = 0
resume_guests_state_on_host_boot = false
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
[wsgi]
api_paste_config = $ETC/nova/paste.ini
[api]
auth_strategy = keystone
max_limit = $OSTB_MAX_LIMIT
[api_database]
$(database_section nova_api)
[database]
$(database_section nova)
$(authtoken nova compute)
[placement]
$(service_login nova)
[glance]
api_servers = http://$OSTB_HOST:$P_GLANCE
num_retries = 2
[neutron]
service_metadata_proxy = true
metadata_proxy_shared_secret = $PASSWORD
$(service_login nova)
[cinder]
$(service_login nova)
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 4
max_attempts = 3
[filter_scheduler]
host_subset_size = $OSTB_HOST_SUBSET
# else a server whose last build failed is shunned until one succeeds there
build_failure_weight_multiplier = 0
[compute]
resource_provider_association_refresh = 300
[vnc]
enabled = false
[libvirt]
virt_type = qemu
[notifications]
notification_format = unversioned
$(common_sections nova)
EOF
  for ((i = 1; i <= OSTB_SERVERS; i++)); do
    mkdir -p "$STATE/lock/server$i"
    cat > "$ETC/nova/server$i.conf" <<EOF
[DEFAULT]
host = server$i
my_ip = 192.0.2.$((10 + i))
state_path = $STATE/lock/server$i
EOF
  done
  cat > "$ETC/nova/paste.ini" <<EOF
[composite:osapi_compute]
use = call:nova.api.openstack.urlmap:urlmap_factory
/: versions
/v2.1: version_v21
/v2.1/+: api
[composite:api]
use = call:nova.api.auth:pipeline_factory_v21
keystone = fault http_proxy_to_wsgi compute_req_id faultwrap request_log sizelimit authtoken keystonecontext app
[pipeline:versions]
pipeline = fault faultwrap http_proxy_to_wsgi versionapp
[pipeline:version_v21]
pipeline = fault compute_req_id faultwrap http_proxy_to_wsgi versionapp_v21
[app:app]
paste.app_factory = nova.api.openstack.compute:APIRouterV21.factory
[app:versionapp]
paste.app_factory = nova.api.openstack.compute.versions:Versions.factory
[app:versionapp_v21]
paste.app_factory = nova.api.openstack.compute.versions:VersionsV2.factory
[composite:metadata]
use = egg:Paste#urlmap
/: meta
[pipeline:meta]
pipeline = http_proxy_to_wsgi metaapp
[app:metaapp]
paste.app_factory = nova.api.metadata.handler:MetadataRequestHandler.factory
[filter:request_log]
paste.filter_factory = nova.api.openstack.requestlog:RequestLog.factory
[filter:compute_req_id]
paste.filter_factory = nova.api.compute_req_id:ComputeReqIdMiddleware.factory
[filter:faultwrap]
paste.filter_factory = nova.api.openstack:FaultWrapper.factory
[filter:sizelimit]
paste.filter_factory = oslo_middleware:RequestBodySizeLimiter.factory
[filter:http_proxy_to_wsgi]
paste.filter_factory = oslo_middleware.http_proxy_to_wsgi:HTTPProxyToWSGI.factory
[filter:keystonecontext]
paste.filter_factory = nova.api.auth:NovaKeystoneContext.factory
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
$(fault_filter nova)
EOF
}
