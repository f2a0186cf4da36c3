import Foundation
import Programs
import Testing

/// Debian's own checkers of user data, taken from its packages without installing them: cloud-init's would run here.
enum Validators {
    private static let folder = FileManager.default.temporaryDirectory.path + "/quarterdeck-validators"

    /// The folder with the packages' files; nil with the reason where they cannot be had.
    private static let unpacked: (path: String?, reason: String) = {
        let script = """
            set -e
            if [ ! -e '\(folder)/done' ]; then
              new="$(mktemp -d)"; cd "$new"
              apt-get -qq -o APT::Sandbox::User=root download cloud-init ignition
              for package in *.deb; do dpkg -x "$package" "$new"; done
              touch done; rm -rf '\(folder)'; mv "$new" '\(folder)'
            fi
            '\(folder)/usr/bin/ignition-validate' -version >/dev/null
            PYTHONPATH='\(folder)/usr/lib/python3/dist-packages' /usr/bin/python3 -c \
              'import yaml, cloudinit.cmd.main' 2>&1 | tail -n 1 >&2
            """
        let shell = Foundation.Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-o", "pipefail", "-c", script]
        let errors = Pipe()
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = errors
        do { try shell.run() } catch { return (nil, "\(error)") }
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else {
            return (
                nil,
                "Debian's ignition-validate or cloud-init cannot be had (they come by apt-get download and want "
                    + "python3-yaml -jsonschema -jinja2 -configobj -oauthlib -jsonpatch -requests -netifaces): \(said)"
            )
        }
        return (folder, "")
    }()

    /// Why nothing can be checked here; nil when it can.
    static let obstacle: Comment? = unpacked.path == nil ? Comment(rawValue: unpacked.reason) : nil

    /// What the checker of Ignition configurations has against a text.
    static func ignition(_ text: String) async throws -> String {
        try await withFile(text) { path in
            let result = try await Programs.run(["\(folder)/usr/bin/ignition-validate", path])
            return result.output + result.errors + (result.code == 0 ? "" : "status \(result.code)")
        }
    }

    /// What cloud-init's schema has against a text.
    static func cloudInit(_ text: String) async throws -> String {
        try await withFile(text) { path in
            let result = try await python(["-m", "cloudinit.cmd.main", "schema", "--config-file", path])
            let said = result.output.replacingOccurrences(of: "Valid cloud-config: \(path)\n", with: "")
            return said + result.errors + (result.code == 0 ? "" : "status \(result.code)")
        }
    }

    /// A YAML text as cloud-init reads it, as JSON.
    static func json(fromYAML text: String) async throws -> Data {
        try await withFile(text) { path in
            let result = try await python([
                "-c", "import sys, json, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))", path,
            ])
            guard result.code == 0 else { throw Programs.Failure("no YAML: \(result.errors)") }
            return Data(result.output.utf8)
        }
    }

    private static func python(_ words: [String]) async throws -> Programs.Result {
        try await Programs.run(
            ["/usr/bin/python3"] + words,
            environment: ["PYTHONPATH": folder + "/usr/lib/python3/dist-packages", "PYTHONWARNINGS": "ignore"])
    }

    private static func withFile<Value>(_ text: String, _ work: (String) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.path + "/user-data-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        return try await work(path)
    }
}
