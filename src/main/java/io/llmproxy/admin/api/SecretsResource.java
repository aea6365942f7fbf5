package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.StoredSecrets;
import io.llmproxy.admin.StoredSecrets.RefusedException;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.ConfigPrinter;
import io.llmproxy.config.document.Interpolation;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The secrets of a store: set and removed, never shown. */
@Path("secrets")
@Produces(MediaType.APPLICATION_JSON)
public final class SecretsResource {
    private final StoredSecrets secrets;
    private final ConfigDocuments documents;

    SecretsResource(Gateway gateway) {
        this.secrets = gateway.secrets();
        this.documents = gateway.documents();
    }

    record Value(@Nullable String value) {
        @Override
        public String toString() {
            return ConfigPrinter.MASK;
        }
    }

    private record One(
            String name,
            boolean set,
            long revision,
            @Nullable String fingerprint,
            @Nullable String problem,
            String author,
            @Nullable String rotatedAt,
            List<String> usedAt) {
        static One of(StoredSecrets.Told told, Map<String, List<String>> used) {
            return new One(
                    told.name(),
                    true,
                    told.revision(),
                    told.fingerprint(),
                    told.problem(),
                    told.author(),
                    Times.told(told.changedAt()),
                    used.getOrDefault(told.name(), List.of()));
        }
    }

    private record All(@Nullable String key, List<String> ownKeys, List<One> secrets) {}

    private record Rotated(@Nullable String from, String to, int secrets, boolean changed) {}

    /** Lists them. */
    @GET
    @Needs(Role.EDITOR)
    public Object all() {
        StoredSecrets.All all = secrets.all();
        Map<String, List<String>> used = used();
        return new All(
                all.key(),
                all.ownKeys(),
                all.secrets().stream().map(told -> One.of(told, used)).toList());
    }

    /** Where the configuration that is wanted refers to each secret. */
    private Map<String, List<String>> used() {
        Map<String, List<String>> used = new HashMap<>();
        ConfigChanges.forEachScalar(documents.head().content(), (path, scalar) -> {
            for (String name : Interpolation.secrets(scalar.text())) {
                used.computeIfAbsent(name, none -> new ArrayList<>()).add(path);
            }
        });
        return used;
    }

    /** Stores a value. */
    @PUT
    @Path("{name: .+}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.ADMIN)
    @Audited("secret.put")
    public Object put(@Context ContainerRequestContext call, @PathParam("name") String name, Value body) {
        String value = body.value();
        if (value == null) {
            throw Refused.invalid("value", "missing (expected: the secret)");
        }
        if (value.equals(ConfigPrinter.MASK)) {
            throw new Refused(
                    400, "mask_sent_back", "The secret is *** (expected: the secret itself); nothing was changed.");
        }
        Act act = Act.of(call);
        // First: once the value is stored, no failure may say that it is not.
        Map<String, List<String>> used = used();
        try {
            StoredSecrets.Told told = secrets.put(name, new Secret(value), act.note());
            act.kept(null);
            return One.of(told, used);
        } catch (RefusedException e) {
            throw refused(e);
        } catch (ConfigException e) {
            throw new Refused(422, "invalid_config", "The configuration cannot be served with it; nothing was changed.")
                    .with(e.problems().stream().map(Finding::of).toList());
        }
    }

    private static Refused refused(RefusedException why) {
        return new Refused(409, "conflict", why.getMessage() + "; nothing was changed.");
    }

    /** Removes one. */
    @DELETE
    @Path("{name: .+}")
    @Needs(Role.ADMIN)
    @Audited("secret.delete")
    public Response delete(@Context ContainerRequestContext call, @PathParam("name") String name) {
        Act act = Act.of(call);
        try {
            if (!secrets.delete(name, act.note())) {
                throw Refused.notFound("secret", name);
            }
            act.kept(null);
            return Response.noContent().build();
        } catch (RefusedException e) {
            throw refused(e);
        }
    }

    /** Puts all under this node's key. */
    @POST
    @Path("rotate")
    @Needs(Role.ADMIN)
    @Audited("secret.rotate")
    public Object rotate(
            @Context ContainerRequestContext call, @QueryParam("dry_run") @DefaultValue("false") String dryRun) {
        boolean dry = ConfigResource.isDry(dryRun);
        Act act = Act.of(call);
        try {
            StoredSecrets.Rotated rotated = secrets.rotate(dry, act.note());
            boolean changed = !dry && !rotated.to().equals(rotated.from());
            if (changed) {
                act.kept(null);
            }
            return new Rotated(rotated.from(), rotated.to(), rotated.secrets(), changed);
        } catch (RefusedException e) {
            throw refused(e);
        }
    }
}
