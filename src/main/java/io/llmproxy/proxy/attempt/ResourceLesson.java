package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.MadeResources;
import io.llmproxy.protocol.ResourcePath;
import io.llmproxy.protocol.ResourcePath.Trait;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.ResourceHome;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the good answer to a request teaches: the upstream has what the path names, and what the answer says was made.
 *
 * @param homes what is known
 * @param path what the path says of it
 * @param id what the path names; null if nothing that can be known
 * @param owner the mark of the client to which belongs what was made; null if to all
 * @param orphaned whether it is not known to which client that belongs
 * @param named whether the request itself names something, so that the request has not made it
 */
record ResourceLesson(
        ResourceHomes<ResourceHome> homes,
        ResourcePath path,
        @Nullable String id,
        @Nullable String owner,
        boolean orphaned,
        Predicate<String> named) {

    /**
     * A good answer begins.
     *
     * @param type its {@code Content-Type}
     * @param stream whether it is a stream of events
     * @return reads it; null if there is nothing to read
     */
    @Nullable MadeResources answered(Lease lease, String type, boolean stream) {
        ResourceHome home = new ResourceHome(lease.upstream().name(), lease.credential());
        boolean file = path.is(Trait.FILE);
        if (id != null) {
            homes.learnFound(id, home, file);
        }
        boolean json = stream || type.toLowerCase(Locale.ROOT).contains("json");
        if (!json) {
            return null;
        }
        boolean googles =
                path.is(Trait.GOOGLES) || lease.upstream().config().provider().isGoogle();
        return new MadeResources(stream, googles, (made, mentioned) -> {
            if (orphaned || mentioned || named.test(made)) {
                homes.learnFound(made, home, file);
            } else {
                homes.learn(made, home, owner, file);
            }
        });
    }
}
