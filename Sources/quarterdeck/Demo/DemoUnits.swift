import Model

/// The units of the embedded farm: small programs in Perl, which every Debian and Ubuntu has.
struct DemoUnits {
    /// Where the programs are.
    let programs: String
    /// This program, for units that use the store.
    let quarterdeck: String
    /// Among them is one that fails again and again, and one that fits nowhere.
    var hasTrouble = true

    /// The programs by file name.
    static let scripts: [String: String] = [
        "web.pl": """
        # Answers HTTP on a free port of loopback, and says which.
        use strict; use warnings; use Socket; $| = 1;
        my $name = shift; my $store = shift;
        socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
        bind($server, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
        listen($server, 64) or die "listen: $!";
        my ($port) = sockaddr_in(getsockname($server));
        print "listening on 127.0.0.1:$port\\n";
        if ($store) { open(my $file, '>', $store) or die "$store: $!"; print $file $port; close $file; }
        my $count = 0; my $told = time;
        while (accept(my $client, $server)) {
            my $request = <$client> // ''; $count++;
            print $client "HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n$name: request $count\\n";
            close $client;
            if (time - $told >= 10) { print "$count requests so far\\n"; $told = time; }
        }
        """,
        "worker.pl": """
        # Computes a little and writes a line, again and again.
        use strict; use warnings; $| = 1;
        my ($name, $pause) = @ARGV; my $job = 0;
        while (1) {
            my $sum = 0; $job++;
            $sum += sqrt($_) for 1 .. 40000 + int(rand(200000));
            printf "job %d done: %.0f\\n", $job, $sum;
            print "<4>queue is longer than usual: ", 20 + int(rand(30)), " waiting\\n" if $job % 17 == 0;
            select(undef, undef, undef, $pause * (0.5 + rand()));
        }
        """,
        "database.pl": """
        # Keeps some memory, accepts writes in batches, and makes a checkpoint now and then.
        use strict; use warnings; $| = 1;
        $SIG{TERM} = sub { print "checkpoint before shutdown\\n"; exit 0 };
        my @rows = map { "row $_ " . "x" x 200 } 1 .. 40000; my $writes = 0;
        print "ready with ", scalar(@rows), " rows\\n";
        while (1) {
            for (1 .. 500) { $rows[rand @rows] = "row " . rand() . "x" x 200; $writes++; }
            print "checkpoint after $writes writes\\n" if $writes % 10000 == 0;
            select(undef, undef, undef, 0.5);
        }
        """,
        "exporter.pl": """
        # Reads the machine's load and writes it down.
        use strict; use warnings; $| = 1;
        while (1) {
            open(my $file, '<', '/proc/loadavg') or die "loadavg: $!";
            my ($one, $five) = split ' ', <$file>; close $file;
            print "load $one $five\\n"; sleep 5;
        }
        """,
        "bad.pl": """
        # A release that cannot start.
        use strict; use warnings; $| = 1;
        print "release 2 starts\\n"; sleep 1;
        print "<3>unknown option 'listen' in configuration\\n"; exit 78;
        """,
        "flaky.pl": """
        # Works for a moment and then fails.
        use strict; use warnings; $| = 1;
        print "connecting to upstream\\n"; sleep 3;
        print "<3>upstream refused the connection\\n"; exit 1;
        """,
    ]

    /// The units of a cluster.
    func units(of cluster: String) -> [(name: String, text: String)] {
        cluster.hasSuffix("a") ? shop + (hasTrouble ? troubled : []) : office
    }

    /// What fails, and what fits nowhere.
    private var troubled: [(name: String, text: String)] {
        [
            (
                "flaky.service",
                service("Fails again and again", run("flaky.pl"), "StartLimitIntervalSec=0\nRestartSec=6")
            ),
            (
                "gpu.service",
                service("Needs a GPU that no machine has", run("worker.pl", "%n 5"), fleet: "MachineMetadata=gpu=true")
            ),
        ]
    }

    /// A web server, as it is released well or badly.
    func web(isBad: Bool) -> String {
        isBad ? service("Web server %i, new release", run("bad.pl"), fleet: "Conflicts=%p@*.service") : web
    }

    /// A mail worker like those that are there.
    var mail: String { service("Mail worker %i", run("worker.pl", "%n 2"), fleet: "Conflicts=%p@*.service") }

    private func run(_ script: String, _ words: String = "") -> String {
        "/usr/bin/perl \(programs)/\(script)" + (words.isEmpty ? "" : " \(words)")
    }

    private func service(
        _ description: String, _ start: String, _ more: String = "", fleet: String = "", unit: String = ""
    ) -> String {
        "[Unit]\nDescription=\(description)\n\(unit)\n[Service]\nExecStart=\(start)\nRestart=on-failure\nRestartSec=2\n"
            + "TimeoutStopSec=5\n\(more)\n" + (fleet.isEmpty ? "" : "[X-Fleet]\n\(fleet)\n")
    }

    private var web: String {
        service("Web server %i", run("web.pl", "%n"), fleet: "Conflicts=%p@*.service")
    }

    private var shop: [(name: String, text: String)] {
        let workers = (1...4).map { number in
            ("worker@\(number).service", service("Order worker %i", run("worker.pl", "%n 1.2")))
        }
        let announce =
            "/bin/sh -c 'while sleep 10; do \(quarterdeck) key put --ttl 30 "
            + "/services/db/%m \"alive since $(date +%%T)\" && echo announced db; done'"
        return [
            ("web@.service", web), ("web@1.service", web), ("web@2.service", web),
            ("db.service", service("Orders database", run("database.pl"), "KillSignal=SIGTERM")),
            (
                "db-announce.service",
                service(
                    "Publishes where the database is", announce, fleet: "MachineOf=db.service",
                    unit: "BindsTo=db.service\nAfter=db.service\n")
            ),
            ("exporter.service", service("Load of every machine", run("exporter.pl"), fleet: "Global=true")),
            ("migrate.service", migration),
        ] + workers
    }

    private var migration: String {
        "[Unit]\nDescription=Brings the database up to date, once\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            + "ExecStart=/bin/sh -c 'echo migrating; sleep 1; echo done'\n"
    }

    private var office: [(name: String, text: String)] {
        let mails = (1...3).map { number in ("mail@\(number).service", mail) }
        return [
            ("wiki@1.service", service("Wiki %i", run("web.pl", "%n"), fleet: "Conflicts=%p@*.service")),
            ("wiki@2.service", service("Wiki %i", run("web.pl", "%n"), fleet: "Conflicts=%p@*.service")),
            ("search.service", service("Search index", run("database.pl"), "\n[X-Quarterdeck]\nCPU=0.5\nMemory=256M")),
            ("backup.service", service("Copies what changed", run("worker.pl", "%n 4"))),
            ("calendar.service", service("Calendar", run("web.pl", "%n"))),
            ("cache@1.service", service("Cache %i", run("worker.pl", "%n 3"))),
            ("cache@2.service", service("Cache %i", run("worker.pl", "%n 3"))),
            ("exporter.service", service("Load of every machine", run("exporter.pl"), fleet: "Global=true")),
        ] + mails
    }
}
