import CProcess
import Glibc

/// Starts child processes.
enum ChildProcess {
    /// The process ID, or a negative errno.
    static func spawn(
        _ words: [String], environment: [String], directory: String, input: Int32, output: Int32
    ) -> pid_t {
        let argv = words.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        return directory.withCString { directory in
            argv.withUnsafeBufferPointer { argv in
                envp.withUnsafeBufferPointer { envp in
                    guard let words = argv.baseAddress, let path = argv.first ?? nil, let names = envp.baseAddress
                    else {
                        return -EINVAL
                    }
                    var options = cp_spawn_options(
                        path: path, argv: words, envp: names, directory: directory, input: input, output: output,
                        error: output, own_session: 1, dies_with_parent: 0)
                    var stage: Int32 = 0
                    return cp_spawn(&options, &stage)
                }
            }
        }
    }
}
