package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.MadeResources;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.ResourceHome;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the good answer to a request teaches: the upstream has what the path names, and what the answer says was made.
 *
 * @param homes what is known
 * @param id what the path names; null if nothing
 * @param owner the mark of the client to which belongs what was made; null if to all
 * @param orphaned whether it is not known to which client that belongs
 * @param file whether any request may name what was made
 */
record ResourceLesson(
        ResourceHomes<ResourceHome> homes,
        @Nullable String id,
        @Nullable String owner,
        boolean orphaned,
        boolean file) {

    /**
     * A good answer begins.
     *
     * @param type its {@code Content-Type}
     * @param stream whether it is a stream of events
     * @return reads it; null if there is nothing to read
     */
    @Nullable MadeResources answered(Lease lease, String type, boolean stream) {
        ResourceHome home = new ResourceHome(lease.upstream().name(), lease.credential());
        if (id != null) {
            homes.learnFound(id, home, file);
        }
        boolean json = stream || type.toLowerCase(Locale.ROOT).contains("json");
        return json ? new MadeResources(stream, made -> learn(made, home)) : null;
    }

    private void learn(String made, ResourceHome home) {
        if (orphaned) {
            homes.learnFound(made, home, file);
        } else {
            homes.learn(made, home, owner, file);
        }
    }
}
