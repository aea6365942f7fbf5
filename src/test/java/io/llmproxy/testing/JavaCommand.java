package io.llmproxy.testing;

import java.util.ArrayList;
import java.util.List;

/** The beginning of a command that starts the gateway's JVM. Most test processes end soon, so that their start is what costs. */
public final class JavaCommand {
    private JavaCommand() {}

    /** Java with options of its own; of two that contradict, the last counts. */
    static List<String> of(List<String> jvmOptions) {
        // A start costs half as much without the second compiler.
        List<String> command = new ArrayList<>(List.of(Artefacts.java(), "-XX:TieredStopAtLevel=1"));
        command.addAll(jvmOptions);
        return command;
    }

    /** The launcher, to be followed by its arguments. */
    public static List<String> launcher(String... jvmOptions) {
        return launcher(List.of(jvmOptions));
    }

    static List<String> launcher(List<String> jvmOptions) {
        List<String> command = of(jvmOptions);
        if (!jvmOptions.contains(Deployment.AS_FAST_AS_IT_CAN)) {
            command.addAll(1, ClassArchive.options(jvmOptions));
        }
        command.addAll(List.of("-jar", Artefacts.launcher().toString()));
        return command;
    }
}
