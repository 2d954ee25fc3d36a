package io.counterflow.model.source;

import io.counterflow.files.Sha256;
import io.counterflow.model.source.HubClient.RemoteFile;
import io.counterflow.model.source.RangeClient.UnreachableException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.security.MessageDigest;

/** A file of a commit of a hub's repository. */
record HubFile(HubClient client, HubId id, String commit, RemoteFile file) implements RemoteContent {
    @Override
    public String name() {
        return file.path();
    }

    @Override
    public String described() {
        return file.path() + " of " + id;
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public MessageDigest digest() {
        return file.sha256().isPresent() ? Sha256.digest() : GitBlob.digest(file.size());
    }

    @Override
    public String hash() {
        return file.contentId();
    }

    @Override
    public HttpResponse<InputStream> open(long from) throws UnreachableException {
        return client.open(id, commit, file.path(), from);
    }
}
