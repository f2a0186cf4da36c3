import Foundation
import Programs
import Testing

/// The client of fleet's API that PyPI has, in a virtual environment that is made once.
enum PythonClient {
    private static let folder = "/tmp/quarterdeck-py-fleet"
    static let python = folder + "/bin/python"

    /// What keeps it from being installed; nil when it is there.
    static let obstacle = Programs.obstacle([
        "/bin/sh", "-c",
        """
        exec 2>&1
        '\(python)' -c 'import fleet.v1' && exit 0
        python3 -m venv '\(folder)' && '\(folder)/bin/pip' install -q --timeout 20 --retries 1 fleet==0.1.3
        """,
    ])
}

@Suite(.serialized) struct `An agent asked by PyPI's client of fleet` {
    static let script = """
        import sys, time
        import fleet.v1 as fleet
        endpoint, machine, mark = sys.argv[1:]
        client = fleet.Client(endpoint)
        def wait(what, look):
            for _ in range(240):
                if look(): return
                time.sleep(0.25)
            raise SystemExit('not in time: ' + what)
        print('machines', [(m.id == machine, m.primaryIP != '') for m in client.list_machines()])
        unit = fleet.Unit(desired_state='launched',
                          from_string='[Service]\\nExecStart=/bin/sleep %s1\\n' % mark)
        made = client.create_unit('py@1.service', unit)
        print('made', made.name, made.desiredState, made.options)
        wait('launched', lambda: client.get_unit('py@1.service').currentState == 'launched')
        wait('active', lambda: [s.systemdActiveState for s in client.list_unit_states()] == ['active'])
        print('place', client.get_unit('py@1.service').machineID == machine)
        print('states', [(s.name, s.machineID == machine, len(s.hash))
                         for s in client.list_unit_states(machine_id=machine, unit_name='py@1.service')])
        print('none', list(client.list_unit_states(unit_name='other.service')))
        for n in range(120):
            client.create_unit('u%03d.service' % n, fleet.Unit(
                desired_state='inactive', from_string='[Service]\\nExecStart=/bin/true\\n'))
        names = [u.name for u in client.list_units()]
        print('units', len(names), names == sorted(names))
        unit = client.get_unit('py@1.service')
        print('stopped', unit.set_desired_state('loaded'))
        wait('loaded', lambda: client.get_unit('py@1.service').currentState == 'loaded')
        print('destroyed', unit.destroy())
        try:
            client.get_unit('py@1.service')
        except fleet.APIError as error:
            print('refused', error.code, error.message)
        try:
            client.create_unit('bad@.service', fleet.Unit(
                desired_state='launched', from_string='[Service]\\nExecStart=/bin/true\\n'))
        except fleet.APIError as error:
            print('refused', error.code, error.message)
        """

    @Test(.enabled(if: PythonClient.obstacle == nil, "pip has to be able to install fleet 0.1.3"))
    func `does all that it offers`() async throws {
        try await AgentStand.with { stand in
            let agent = try await stand.agent("a")
            defer { agent.kill() }
            let path = stand.folder + "/client.py"
            try Self.script.write(toFile: path, atomically: true, encoding: .utf8)
            // That client makes the path of a socket small letters.
            let endpoint = "http+unix://" + stand.socket("a").replacing("/", with: "%2F")
            let played = try await Programs.run(
                [PythonClient.python, path, endpoint, stand.machine("a"), "\(stand.mark)"], limit: .seconds(180))
            #expect(played.code == 0, "\(played.errors)")
            #expect(
                played.output == """
                    machines [(True, True)]
                    made py@1.service launched [{'name': 'ExecStart', 'section': 'Service', \
                    'value': '/bin/sleep \(stand.mark)1'}]
                    place True
                    states [('py@1.service', True, 40)]
                    none []
                    units 121 True
                    stopped loaded
                    destroyed True
                    refused 404 unit does not exist
                    refused 400 cannot activate template "bad@.service"

                    """)
        }
    }
}
