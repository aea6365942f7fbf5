package io.llmproxy.store;

import java.nio.file.Path;

/** A process that commits until it is killed, and tells each version as soon as it is stored. */
final class CommitLoop {
    private CommitLoop() {}

    /** Takes the directory of an H2 database. */
    public static void main(String[] arguments) throws HeadMovedException {
        Database database = Databases.open(StoreWorld.config(null), Path.of(arguments[0]));
        new Schema(database).migrate();
        ConfigStore store = new ConfigStore(database);
        long base = store.head().version();
        while (true) {
            base = store.commit(StoreWorld.draft(content(base + 1)), base).id();
            System.out.println(base);
        }
    }

    /** What a version of the number says: as long as that of a small gateway. */
    static String content(long version) {
        return "version: " + version + "\n" + "# filled up\n".repeat(300);
    }
}
